"""Retires the accounts whose owners asked for it, tells partners, and forgets older retirements.

Runs in the platform's folder, by its own client of the LMS' API (scripts/user_retirement). Its argument is a
file in YAML: what edx-platform's scripts read, `cool_off_days`, `most`, `record_days`, and two buckets, each
None where there is none: `archive` gets the records before they are deleted, `partner_reports` tables of who
was retired. No name or address is printed. A run that was cut short is continued by the next one: every step
may run twice.
"""

import csv
import gzip
import io
import json
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import yaml
from requests.exceptions import ConnectionError as NotReached
from requests.exceptions import Timeout

sys.path.insert(0, str(Path.cwd()))
from scripts.user_retirement.utils.edx_api import LmsApi

BATCH = 100
"""Records that one request deletes: a guess."""
FIRST = datetime(2018, 1, 1, tzinfo=UTC)
"""Before the first release that retired anybody."""


def log_in(config):
    """A client with a token of its own, which is good for an hour."""
    address = config["base_urls"]["lms"]
    return LmsApi(address, address, config["client_id"], config["client_secret"])


def on_the_way(config):
    """States of an account that waits, or is being retired, in their order."""
    return ["PENDING", *(state for step in config["retirement_pipeline"] for state in step[:2])]


def retire(config, learner):
    """Take one account through the steps that it has not behind it."""
    lms, name, states = log_in(config), learner["original_username"], on_the_way(config)
    reached = states.index(learner["current_state"]["state_name"])
    for start, end, _, method in config["retirement_pipeline"]:
        if states.index(end) <= reached:
            continue
        if states.index(start) > reached:
            lms.update_learner_retirement_state(name, start, f"Starting: {start}")
        getattr(lms, method)(learner)
        lms.update_learner_retirement_state(name, end, f"Ending: {end}")
    lms.update_learner_retirement_state(name, "COMPLETE", "Learner retirement complete.")


def retired(config, learner):
    """Whether an account could be retired. One that could not waits for an administrator, as ERRORED."""
    number = learner["user"]["id"]
    try:
        retire(config, learner)
    except (NotReached, Timeout):
        raise
    except Exception as error:  # Whatever the client raises: the others are retired nevertheless.
        print(f"retire: user {number}: {type(error).__name__}: {error}", flush=True)
        try:
            message = f"{type(error).__name__}: {error}"
            log_in(config).update_learner_retirement_state(learner["original_username"], "ERRORED", message)
        except Exception as also:
            print(f"retire: user {number}: could not be marked as ERRORED: {also}", flush=True)
        return False
    print(f"retire: user {number}: retired", flush=True)
    return True


def due(config):
    """Accounts whose time has come, and those that an earlier run did not end. None where there are too
    many."""
    most = config["most"]
    found = log_in(config).learners_to_retire(on_the_way(config), config["cool_off_days"], most + 1)
    if len(found) > most:
        sys.exit(
            f"retire: more than {most} accounts are due, and none was retired. If that is right, raise "
            "`openedx:retirement.most`; else cancel them in Django's admin (User Retirement Statuses)"
        )
    return found


def bucket_of(place, config):
    """A function that writes an object to a bucket, and returns once it is there. None: there is no bucket.

    `place` is its key in `openedx:retirement`. The function ends the run where the bucket takes nothing, and
    says what was not done then.
    """
    if config is None:
        return None
    # Loaded late: it takes a second, and most sites have no bucket.
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.client(
        "s3",
        endpoint_url=config["endpoint"],
        region_name=config["region"],
        aws_access_key_id=config["access_key"],
        aws_secret_access_key=config["secret_key"],
        config=Config(s3={"addressing_style": config["addressing"]}, signature_version="s3v4"),
        verify=trusted(config["authorities"]),
    )

    def keep(name, body, undone):
        try:
            client.put_object(Bucket=config["bucket"], Key=f"{config['folder']}/{name}", Body=body)
        except (BotoCoreError, ClientError) as error:
            sys.exit(
                f"retire: bucket {config['bucket']} took nothing, and {undone}; see "
                f"`openedx:retirement.{place}` and its secrets: {error}"
            )

    return keep


def dated(name, body, ending):
    """Name of an object for a day and a content. A run that was cut short writes the same object again."""
    return f"{name}-{date.today()}-{sha256(body).hexdigest()[:16]}.{ending}"


def trusted(authorities):
    """The file of authorities for boto3, which takes one: its own and these. None: its own."""
    if not authorities:
        return None
    import certifi

    texts = [Path(path).read_text(encoding="utf-8") for path in (certifi.where(), *authorities)]
    with tempfile.NamedTemporaryFile("w", suffix=".pem", encoding="utf-8", delete=False) as bundle:
        bundle.write("\n".join(texts))
    return bundle.name


def forget(config):
    """Delete records of retirements that are long over: they have the old names and addresses."""
    if config["record_days"] is None:
        return
    lms = log_in(config)
    last = datetime.now(UTC) - timedelta(days=config["cool_off_days"] + config["record_days"] + 1)
    records = lms.get_learners_by_date_and_status("COMPLETE", FIRST, last)
    keep = bucket_of("archive", config["archive"])
    for begin in range(0, len(records), BATCH):
        batch = records[begin : begin + BATCH]
        if keep:
            text = "".join(f"{json.dumps(record, sort_keys=True)}\n" for record in batch).encode()
            name = dated("retirements", text, "json.gz")
            keep(name, gzip.compress(text, mtime=0), "no record was deleted in the LMS")
        lms.bulk_cleanup_retirements([record["original_username"] for record in batch])
    print(f"retire: {len(records)} records of older retirements deleted", flush=True)


COLUMNS = ["user_id", "original_username", "original_email", "original_name", "deletion_completed"]
"""Of a report: those that edx-platform's own script gives to partners."""


def report(config):
    """Tell partners which of their learners were retired.

    The LMS gives each account once, and marks it: so the bucket is tried before. What was given and not
    reported stays marked, for a person to take the mark away.
    """
    keep = bucket_of("partner_reports", config["partner_reports"])
    if keep is None:
        return
    keep("last-run.txt", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n".encode(), "no partner was told")
    lms = log_in(config)
    learners = lms.retirement_partner_report()
    again = (
        "the accounts of this report wait in Django's admin (User Retirement Partner Reporting Statuses): by "
        "its action `Reset is_being_processed to False` the next run reports them"
    )
    for partner, told in sorted(by_partner(config["partner_reports"]["partners"], learners).items()):
        text = table(told).encode()
        keep(f"{partner}/{dated('retired', text, 'csv')}", text, again)
    if learners:
        lms.retirement_partner_cleanup(
            [{"original_username": learner["original_username"]} for learner in learners]
        )
    print(f"retire: {len(learners)} accounts reported to partners", flush=True)


def by_partner(partners, learners):
    """Learners by the partners who are told of them: those of their organizations."""
    found = {}
    for learner in learners:
        for name in {name for org in learner["orgs"] for name in partners.get(org, [folder_of(org)])}:
            found.setdefault(name, []).append(learner)
    return found


def folder_of(organization):
    """A folder's name for an organization that is not in the stack file."""
    return "".join(letter if letter.isalnum() or letter in "_-" else "-" for letter in organization)


def table(learners):
    """A report as CSV. Texts that a spreadsheet would take for formulas begin with an apostrophe."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for learner in learners:
        row = {name: learner.get(name, "") for name in COLUMNS} | {"deletion_completed": learner["created"]}
        writer.writerow({name: harmless(value) for name, value in row.items()})
    return text.getvalue()


def harmless(value):
    """The value as text that no spreadsheet runs: learners choose their names."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def main():
    """Retire, report and forget. Ends with an error if an account could not be retired."""
    config = yaml.safe_load(Path(sys.argv[1]).read_text(encoding="utf-8"))
    try:
        learners = due(config)
        print(f"retire: {len(learners)} accounts are due", flush=True)
        failed = sum(not retired(config, learner) for learner in learners)
        report(config)
        forget(config)
    except (NotReached, Timeout) as error:
        sys.exit(f"retire: the LMS didn't answer, and the next run goes on: {error}")
    if failed:
        sys.exit(
            f"retire: {failed} of {len(learners)} accounts could not be retired: they are ERRORED in "
            "Django's admin (User Retirement Statuses), with the reason; PENDING lets the next run try again"
        )


main()
