"""Stand-in for the platform's client of the LMS' retirement API, over accounts in a file of JSON.

It keeps the platform's rules (tests/data/releases/retirement.json): a state is followed by a later one only,
and a step is taken in a state that is neither PENDING, nor an end, nor a ..._COMPLETE.
"""

import json
import os
from pathlib import Path

from requests.exceptions import ConnectionError

FILE = Path(os.environ["ACCOUNTS"])
ENDS = ["ERRORED", "ABORTED", "COMPLETE"]


class Refused(Exception):
    """HTTP 400."""


class LmsApi:
    def __init__(self, lms_base_url, api_base_url, client_id, client_secret):
        assert lms_base_url == api_base_url == "http://lms:8000"
        assert (client_id, client_secret) == ("retirement", "the secret")

    @property
    def world(self):
        return json.loads(FILE.read_text())

    def change(self, username, **fields):
        world = self.world
        world["accounts"][username].update(fields)
        FILE.write_text(json.dumps(world))

    def learners_to_retire(self, states_to_request, cool_off_days=7, limit=None):
        unknown = set(states_to_request) - set(self.world["states"])
        if unknown:
            raise Refused(f"Unknown state: {unknown}")
        waited = self.found(lambda each: each["days"] > cool_off_days)
        return [each for each in waited if each["current_state"]["state_name"] in states_to_request][:limit]

    def get_learners_by_date_and_status(self, state_to_request, start_date, end_date):
        from datetime import UTC, datetime

        days = (datetime.now(UTC) - end_date).days - 1
        assert start_date < end_date
        return self.found(lambda each: each["state"] == state_to_request and each["days"] > days)

    def found(self, test):
        return [
            {
                "original_username": name,
                "user": {"id": each["id"]},
                "current_state": {"state_name": each["state"]},
            }
            for name, each in self.world["accounts"].items()
            if test(each)
        ]

    def update_learner_retirement_state(self, username, new_state_name, message, force=False):
        order, now = self.world["states"], self.world["accounts"][username]["state"]
        if now in ENDS or order.index(new_state_name) <= order.index(now):
            raise Refused(f"{new_state_name} after {now}")
        self.change(username, state=new_state_name)

    def step(self, learner):
        account = self.world["accounts"][learner["original_username"]]
        if account["state"] in ("PENDING", *ENDS) or account["state"].endswith("_COMPLETE"):
            raise Refused(f"not in {account['state']}")
        if account.get("unreachable") == account["state"]:
            raise ConnectionError("no route to lms")
        if account.get("fails") == account["state"]:
            raise Refused("500")
        self.change(learner["original_username"], steps=[*account.get("steps", []), account["state"]])

    retirement_retire_forum = retirement_unenroll = step
    retirement_lms_retire_misc = retirement_lms_retire = retirement_retire_notes = step

    def retirement_partner_queue(self, learner):
        self.step(learner)
        account = self.world["accounts"][learner["original_username"]]
        if account.get("orgs"):
            self.change(learner["original_username"], queued="waits")

    def retirement_partner_report(self):
        """Gives each account once: it is being processed then."""
        waiting = {n: each for n, each in self.world["accounts"].items() if each.get("queued") == "waits"}
        for name in waiting:
            self.change(name, queued="being processed")
        return [
            {
                "user_id": each["id"],
                "original_username": name,
                "original_email": f"{name}@example.org",
                "original_name": each.get("name", name.title()),
                "orgs": each["orgs"],
                "created": "2026-11-23T05:00:00Z",
            }
            for name, each in waiting.items()
        ]

    def retirement_partner_cleanup(self, usernames):
        names = [each["original_username"] for each in usernames]
        assert names
        for name in names:
            assert self.world["accounts"][name]["queued"] == "being processed"
            self.change(name, queued="reported")

    def bulk_cleanup_retirements(self, usernames):
        world = self.world
        assert all(world["accounts"][name]["state"] == "COMPLETE" for name in usernames)
        world["accounts"] = {name: each for name, each in world["accounts"].items() if name not in usernames}
        FILE.write_text(json.dumps(world))
