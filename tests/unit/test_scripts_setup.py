"""The setup scripts write the stack's values into the platform's database, and leave the rest alone.

They run as `manage.py shell` runs its standard input, over stand-ins for the platform's models
(tests/data/platform_shell.py).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import settings_case as case
from facts import PLUGINS

from openedx_infra import scripts
from openedx_infra.config import Stack
from openedx_infra.config.services import registry

FRESH = 'shell.Site(domain="example.com", name="example.com").save()'
SHOW = """
models = (
    "Site", "SiteTheme", "User", "UserPreference", "Flag", "Switch", "Application", "ApplicationAccess",
    "DarkLangConfig", "ScheduleConfig", "RouterConfiguration", "CredentialsApiConfig", "SiteConfiguration",
)
rows = {name: [row.shown() for row in getattr(shell, name).objects.rows] for name in models}
print("OUTCOME" + json.dumps({"rows": rows, "calls": shell.calls, "saves": shell.saves}, default=str))
"""


class Outcome:
    """What a script printed, called and left in the database."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        assert done.returncode == 0, done.stderr
        self.printed, _, rest = done.stdout.partition("OUTCOME")
        found: dict[str, Any] = json.loads(rest)
        self.rows, self.calls, self.saves = found["rows"], found["calls"], found["saves"]

    def flags(self) -> dict[str, bool]:
        return {row["name"]: row["everyone"] for row in self.rows["Flag"]}

    def switches(self) -> dict[str, bool]:
        return {row["name"]: row["active"] for row in self.rows["Switch"]}


def run(
    folder: Path,
    script: str,
    stack: Stack,
    before: str = FRESH,
    times: int = 1,
    earlier: Stack | None = None,
    between: str = "",
) -> Outcome:
    """Run a script over a database that `before` fills, as often as said; the last run is what counts. First
    once for an `earlier` stack file, if there is one, and then what somebody does `between`."""
    if earlier:
        (folder / "earlier").mkdir()
        text = json.dumps(scripts.setup_parameters(earlier))
        (folder / "earlier" / "setup.json").write_text(text, encoding="utf-8")
        before += f"""
os.environ["OPENEDX_PARAMETERS_DIR"] = {str(folder / "earlier")!r}
exec(open({str(folder / script)!r}).read(), {{}})
os.environ["OPENEDX_PARAMETERS_DIR"] = {str(folder)!r}
{between}"""
    (folder / "setup.json").write_text(json.dumps(scripts.setup_parameters(stack)), encoding="utf-8")
    (folder / "studio_oauth2_secret").write_text("oauth-secret\n", encoding="utf-8")
    (folder / "retirement_oauth2_secret").write_text("retirement-secret\n", encoding="utf-8")
    (folder / "greeter_oauth_secret").write_text("greeter-secret\n", encoding="utf-8")
    for name in (script, "event_routers.py", "lms_setup_models.py"):
        (folder / name).write_text(scripts.text(name), encoding="utf-8")
    (folder / "event_sink_xapi_password").write_text("lrs-password\n", encoding="utf-8")
    (folder / "event_sink_caliper_token").write_text("caliper-token\n", encoding="utf-8")
    code = f"""
import json, os, platform_shell as shell
shell.release, shell.variant = {stack.release!r}, {"lms" if script.startswith("lms") else "cms"!r}
shell.install()
{before}
for _ in range({times}):
    shell.calls.clear(); shell.saves.clear()
    exec(open({str(folder / script)!r}).read(), {{}})
{SHOW}"""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(case.DATA),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENEDX_PARAMETERS_DIR": str(folder),
        "OPENEDX_SECRETS_DIR": str(folder),
        "OPENEDX_SCRIPTS_DIR": str(folder),
        "STUDIO_INDEX": json.dumps(stack.pinned_release.studio_index),
    }
    # -S: not even Django is there but the stand-ins.
    command = [sys.executable, "-S", "-c", code]
    return Outcome(subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60))


def of_release(release: str) -> Stack:
    built = {"openedx": "registry.example.org/o:1", "mfe": "registry.example.org/m:1"}
    return case.said(release=release, images=built)


def lms(folder: Path, stack: str | Stack = "dev", before: str = FRESH, times: int = 1) -> Outcome:
    found = case.stack(stack) if isinstance(stack, str) else stack
    return run(folder, "lms_setup.py", found, before, times)


def taken_back(folder: Path, before: str = FRESH, between: str = "", **said: Any) -> Outcome:
    """What is left when a stack file set something, and then no longer does."""
    return run(folder, "lms_setup.py", case.said(), before, earlier=case.said(**said), between=between)


def test_every_step_is_told_in_order(tmp_path: Path) -> None:
    outcome = lms(tmp_path)
    steps = [line.split(": ", 2)[2] for line in outcome.printed.splitlines() if " of " in line]
    assert steps == [
        "search indexes",
        "site",
        "theme",
        "languages",
        "studio client",
        "service users",
        "clients",
        "flags",
        "schedules",
        "config models",
        "site configuration",
        "event routers",
        "retirement",
        "policies",
        "administrators",
        "record",
    ]
    assert outcome.printed.startswith("lms_setup: 1 of 16: ") and outcome.printed.endswith(
        "lms_setup: done\n"
    )


def test_commands_of_the_platform_run_once(tmp_path: Path) -> None:
    assert lms(tmp_path).calls == [
        ["create_indexes"],
        ["initialize_forum_indices"],
        ["rebuild_forum_indices"],
        ["manage_user", "cms", "cms@local.openedx.io", "--unusable-password"],
        ["populate_retirement_states"],
        ["load_policies"],
    ]


def test_retirement_states_are_left_alone_unless_they_differ(tmp_path: Path) -> None:
    """The platform's command fails while an account is being retired, which must not fail the Job."""
    assert ["populate_retirement_states"] not in lms(tmp_path, times=2).calls
    before = FRESH + '\nshell.RetirementState(state_name="PENDING", state_execution_order=1).save()'
    assert ["populate_retirement_states"] in lms(tmp_path, before=before).calls


def test_without_discussions_there_is_no_index_of_them(tmp_path: Path) -> None:
    outcome = lms(tmp_path, before=FRESH + "\nshell.settings.ENABLE_DISCUSSION_SERVICE = False")
    assert ["initialize_forum_indices"] not in outcome.calls


def test_discussions_are_indexed_when_their_index_is_empty(tmp_path: Path) -> None:
    """As that of another version of Meilisearch is. Another engine keeps its indexes."""
    full = lms(tmp_path, before=f"{FRESH}\nshell.discussions = 5")
    assert ["rebuild_forum_indices"] not in full.calls
    elastic = f'{FRESH}\nshell.settings.SEARCH_ENGINE = "search.elastic.ElasticSearchEngine"'
    assert ["rebuild_forum_indices"] not in lms(tmp_path, before=elastic).calls


def test_the_site_of_a_fresh_database_gets_the_host(tmp_path: Path) -> None:
    assert lms(tmp_path).rows["Site"] == [{"pk": 1, "domain": "local.openedx.io", "name": "Open edX"}]


def test_a_site_that_has_the_host_is_kept_and_a_doubt_is_said(tmp_path: Path) -> None:
    """As after Tutor, whose LMS is the second site."""
    outcome = lms(tmp_path, before=FRESH + '\nshell.Site(domain="local.openedx.io", name="Old").save()')
    sites = [(row["pk"], row["domain"]) for row in outcome.rows["Site"]]
    assert sites == [(1, "example.com"), (2, "local.openedx.io")]
    assert "Set `SITE_ID: 2`" in outcome.printed
    assert "warning" not in lms(tmp_path).printed


def test_a_site_of_the_operator_s_is_not_taken(tmp_path: Path) -> None:
    outcome = lms(tmp_path, before='shell.Site(domain="other.org", name="Other").save()')
    assert [row["domain"] for row in outcome.rows["Site"]] == ["other.org", "local.openedx.io"]


def test_studio_has_a_client_at_the_lms(tmp_path: Path) -> None:
    outcome = lms(tmp_path, "campus")
    (client,) = outcome.rows["Application"]
    del client["pk"]
    assert client == {
        "client_id": "cms-sso",
        "name": "cms-sso",
        "user": "cms",
        "client_secret": "oauth-secret",
        "client_type": "confidential",
        "authorization_grant_type": "authorization-code",
        "redirect_uris": "https://author.campus.example.org/complete/edx-oauth2/",
        "skip_authorization": True,
    }
    assert outcome.rows["ApplicationAccess"][0]["scopes"] == ["user_id"]
    assert case.plain("cms", case.stack("campus"))["SOCIAL_AUTH_EDX_OAUTH2_KEY"] == client["client_id"]


RETIRED: dict[str, Any] = {"retirement": {"enabled": True}}


def test_a_part_that_is_on_has_its_client_and_its_user(tmp_path: Path) -> None:
    outcome = lms(tmp_path, case.said(**RETIRED))
    [client] = [row for row in outcome.rows["Application"] if row["client_id"] == "retirement"]
    del client["pk"]
    assert client == {
        "client_id": "retirement",
        "name": "retirement",
        "user": "retirement_service_worker",
        "client_secret": "retirement-secret",
        "client_type": "confidential",
        "authorization_grant_type": "client-credentials",
        "redirect_uris": "",
        "skip_authorization": True,
    }
    made = ["manage_user", "retirement_service_worker"]
    assert [*made, "retirement_service_worker@local.openedx.io", "--unusable-password"] in outcome.calls
    assert "retirement-secret" not in outcome.printed


@pytest.fixture
def greeter(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A stack file with a companion service that has a client, a user and flags."""
    monkeypatch.setattr(registry, "BUILT_IN", {"greeter": "sample_services:GREETER"})
    return {"services": {"greeter": {}}}


def test_a_companion_service_has_its_client_its_user_and_its_flags(
    tmp_path: Path, greeter: dict[str, Any]
) -> None:
    """The stack file's own flags win. An application that could hash its secret doesn't: it signs with it."""
    hashes = FRESH + "\nshell.Application.hash_client_secret = True"
    stack = case.said(**greeter, features={"waffle_flags": {"greeter.loud": True}})
    outcome = lms(tmp_path, stack, before=hashes)
    [client] = [row for row in outcome.rows["Application"] if row["client_id"] == "greeter-sso"]
    assert client == {
        "pk": client["pk"],
        "client_id": "greeter-sso",
        "name": "greeter-sso",
        "user": "greeter_worker",
        "client_secret": "greeter-secret",
        "client_type": "confidential",
        "authorization_grant_type": "authorization-code",
        "redirect_uris": "https://greeter.example.org/a https://greeter.example.org/b",
        "skip_authorization": True,
        "hash_client_secret": False,
    }
    assert ["user_id", "profile"] in [row["scopes"] for row in outcome.rows["ApplicationAccess"]]
    [user] = [row for row in outcome.rows["User"] if row["username"] == "greeter_worker"]
    assert (user["is_staff"], user["is_superuser"]) == (True, False)
    assert (outcome.flags()["greeter.on"], outcome.flags()["greeter.loud"]) == (True, True)
    assert outcome.switches()["greeter.often"] is True
    assert "greeter-secret" not in outcome.printed


def test_all_of_a_companion_service_that_is_off_again_is_taken_back(
    tmp_path: Path, greeter: dict[str, Any]
) -> None:
    outcome = taken_back(tmp_path, **greeter)
    assert [row["client_id"] for row in outcome.rows["Application"]] == ["cms-sso"]
    [user] = [row for row in outcome.rows["User"] if row["username"] == "greeter_worker"]
    assert (user["is_staff"], user["is_superuser"]) == (False, False)
    assert outcome.flags()["greeter.on"] is None and outcome.switches()["greeter.often"] is False


def in_force(outcome: Outcome) -> list[tuple[bool, bool, int]]:
    """The rows of the greeter's configuration model, the last of which is in force."""
    return [
        (row["enabled"], row["enable_learner_issuance"], row["cache_ttl"])
        for row in outcome.rows["CredentialsApiConfig"]
    ]


def test_a_configuration_model_of_a_companion_service_is_put_in_force_once(
    tmp_path: Path, greeter: dict[str, Any]
) -> None:
    """What somebody set in Django's admin besides stays."""
    own = FRESH + "\nshell.CredentialsApiConfig(cache_ttl=30, enable_learner_issuance=False).save()"
    outcome = lms(tmp_path, case.said(**greeter), before=own, times=2)
    assert in_force(outcome) == [(False, False, 30), (True, True, 30)]
    assert "CredentialsApiConfig" not in outcome.saves


def test_a_configuration_model_of_a_service_that_is_off_again_is_disabled(
    tmp_path: Path, greeter: dict[str, Any]
) -> None:
    """Unless somebody changed it since."""
    assert in_force(taken_back(tmp_path, **greeter)) == [(True, True, 0), (False, True, 0)]


def test_a_configuration_model_that_somebody_changed_since_stays(
    tmp_path: Path, greeter: dict[str, Any]
) -> None:
    changed = "shell.CredentialsApiConfig(enabled=True, enable_learner_issuance=False).save()"
    assert in_force(taken_back(tmp_path, between=changed, **greeter))[-1] == (True, False, 0)


def test_a_companion_service_has_its_entries_of_the_site_configuration(
    tmp_path: Path, greeter: dict[str, Any]
) -> None:
    """Those of others stay, and a second run saves nothing."""
    own = """
shell.Site(domain="local.openedx.io", name="A").save()
shell.SiteConfiguration(site=shell.Site.objects.rows[0], enabled=True, site_values={"mine": 1}).save()"""
    outcome = lms(tmp_path, case.said(**greeter), before=own, times=2)
    [row] = outcome.rows["SiteConfiguration"]
    assert row["site_values"] == {"mine": 1, "GREETER_URL": "http://greeter:8080"}
    assert "SiteConfiguration" not in outcome.saves
    fresh = lms(tmp_path, case.said(**greeter)).rows["SiteConfiguration"]
    assert [(row["enabled"], list(row["site_values"])) for row in fresh] == [(True, ["GREETER_URL"])]
    assert lms(tmp_path).rows["SiteConfiguration"] == []


def test_entries_of_the_site_configuration_go_with_the_service(
    tmp_path: Path, greeter: dict[str, Any]
) -> None:
    """Unless somebody changed them since."""
    outcome = taken_back(tmp_path, **greeter)
    assert [row["site_values"] for row in outcome.rows["SiteConfiguration"]] == [{}]


def test_entries_of_the_site_configuration_that_somebody_changed_since_stay(
    tmp_path: Path, greeter: dict[str, Any]
) -> None:
    changed = 'shell.SiteConfiguration.objects.rows[0].site_values = {"GREETER_URL": "mine"}'
    outcome = taken_back(tmp_path, between=changed, **greeter)
    assert [row["site_values"] for row in outcome.rows["SiteConfiguration"]] == [{"GREETER_URL": "mine"}]


def test_a_site_configuration_that_is_off_stays_off_and_is_named(
    tmp_path: Path, greeter: dict[str, Any]
) -> None:
    off = FRESH + "\nshell.SiteConfiguration(site=shell.Site.objects.rows[0]).save()"
    outcome = lms(tmp_path, case.said(**greeter), before=off)
    assert outcome.rows["SiteConfiguration"][0].get("enabled", False) is False
    assert "the site configuration of local.openedx.io is off" in outcome.printed


def test_the_client_of_a_part_that_is_off_again_is_deleted(tmp_path: Path) -> None:
    """One of the same kind that somebody made by hand stays."""
    own = '\nshell.Application(client_id="mine", name="mine").save()'
    outcome = taken_back(tmp_path, before=FRESH + own, **RETIRED)
    assert sorted(row["client_id"] for row in outcome.rows["Application"]) == ["cms-sso", "mine"]
    assert recorded_clients(outcome) == []


def test_an_app_has_a_client_without_a_secret(tmp_path: Path) -> None:
    apps = {
        "android": {"application_id": "org.example.learn"},
        "ios": {"application_id": "org.example.learn", "login": "browser"},
    }
    outcome = lms(tmp_path, case.said(mobile={"apps": apps}))
    found = {row["client_id"]: row for row in outcome.rows["Application"]}
    assert found.keys() == {"cms-sso", "android", "ios"}
    for name in apps:
        assert found[name]["client_type"] == "public" and "client_secret" not in found[name]
        assert (found[name]["user"], found[name]["skip_authorization"]) == (None, True)
    grants = {name: (row["authorization_grant_type"], row["redirect_uris"]) for name, row in found.items()}
    assert grants["android"] == ("password", "")
    assert grants["ios"] == ("authorization-code", "org.example.learn://oauth2Callback")


SINKS: dict[str, Any] = {
    "images": {"openedx": "registry.example.org/openedx:1"},
    "event_sinks": {
        "xapi": {"url": "https://lrs.example.org/xapi", "username": "campus"},
        "caliper": {"url": "https://caliper.example.org/events"},
    },
}


def test_events_are_routed_to_the_sinks_of_the_stack_file(tmp_path: Path) -> None:
    outcome = lms(tmp_path, case.said(**SINKS))
    xapi, caliper = outcome.rows["RouterConfiguration"]
    assert (xapi["backend_name"], xapi["auth_scheme"], xapi["enabled"]) == ("xAPI", "Basic", True)
    assert (xapi["username"], xapi["password"], xapi["auth_key"]) == ("campus", "lrs-password", None)
    assert (caliper["backend_name"], caliper["auth_scheme"]) == ("Caliper", "Bearer")
    assert (caliper["auth_key"], caliper["password"]) == ("caliper-token", None)
    assert {*xapi} >= set(PLUGINS["edx-event-routing-backends"]["RouterConfiguration"])
    assert "lrs-password" not in outcome.printed


def test_routers_are_saved_when_they_differ_and_no_longer_used_when_taken_out(tmp_path: Path) -> None:
    assert "RouterConfiguration" not in lms(tmp_path, case.said(**SINKS), times=2).saves
    own = '\nshell.RouterConfiguration(route_url="https://mine", enabled=True, configurations={}).save()'
    (tmp_path / "later").mkdir()
    outcome = taken_back(tmp_path / "later", before=FRESH + own, **SINKS)
    last = {row["route_url"]: row["enabled"] for row in outcome.rows["RouterConfiguration"]}
    assert last == {
        "https://mine": True,
        "https://lrs.example.org/xapi": False,
        "https://caliper.example.org/events": False,
    }


def test_an_image_without_the_plugin_is_named(tmp_path: Path) -> None:
    without = '\nimport sys; sys.modules["event_routing_backends.models"] = None'
    assert lms(tmp_path, before=FRESH + without).printed.endswith("lms_setup: done\n")
    (tmp_path / "later").mkdir()
    with pytest.raises(AssertionError, match="needs edx-event-routing-backends"):
        lms(tmp_path / "later", case.said(**SINKS), before=FRESH + without)


def recorded_clients(outcome: Outcome) -> list[str]:
    """Clients that the record still names."""
    [row] = outcome.rows["UserPreference"]
    found: list[str] = json.loads(row["value"])["clients"]
    return found


def test_states_stay_while_accounts_are_on_their_way(tmp_path: Path) -> None:
    outcome = lms(tmp_path, case.said(), before=f"{FRESH}\nshell.on_the_way = True")
    assert "states of retirement were not changed" in outcome.printed
    assert outcome.printed.endswith("lms_setup: done\n")


def test_the_client_s_secret_follows_the_stack_and_is_not_printed(tmp_path: Path) -> None:
    before = FRESH + '\nshell.User(username="cms").save()\n'
    before += 'shell.Application(client_id="cms-sso", client_secret="old", name="cms-sso").save()'
    outcome = lms(tmp_path, before=before)
    (client,) = outcome.rows["Application"]
    assert client["client_secret"] == "oauth-secret"
    assert "oauth-secret" not in outcome.printed
    assert not [call for call in outcome.calls if call[0] == "manage_user"]


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    once, twice = lms(tmp_path, "campus"), lms(tmp_path, "campus", times=2)
    assert once.rows == twice.rows
    # These are saved again with the same contents; no flag that an operator may have changed is.
    assert set(lms(tmp_path, times=2).saves) == {"Site", "Application", "ApplicationAccess"}


def test_flags_of_served_frontends_are_on_unless_the_operator_said_otherwise(tmp_path: Path) -> None:
    before = FRESH + '\nshell.Flag(name="discussions.enable_discussions_mfe", everyone=False).save()'
    flags = lms(tmp_path, before=before).flags()
    assert flags.pop("discussions.enable_discussions_mfe") is False
    assert flags and all(flags.values())
    assert "learner_home_mfe.enabled" in flags


def test_the_stack_file_beats_defaults_and_the_admin(tmp_path: Path) -> None:
    outcome = lms(tmp_path, "campus")
    assert outcome.flags()["learner_home_mfe.enabled"] is False
    assert outcome.switches() == {"completion.enable_completion_tracking": False}
    assert lms(tmp_path).switches() == {"completion.enable_completion_tracking": True}


def test_flags_of_a_frontend_that_is_not_served_go(tmp_path: Path) -> None:
    stack = case.said(mfes={"disabled": ["learner-dashboard"]})
    before = FRESH + '\nshell.Flag(name="learner_home_mfe.enabled", everyone=True).save()'
    assert "learner_home_mfe.enabled" not in lms(tmp_path, stack, before).flags()


def test_languages_are_released_once(tmp_path: Path) -> None:
    rows = lms(tmp_path, "campus", times=2).rows["DarkLangConfig"]
    assert [(row["released_languages"], row["enabled"]) for row in rows] == [("fr,en", True)]
    assert lms(tmp_path).rows["DarkLangConfig"] == []


@pytest.mark.parametrize(("stack", "theme"), [("campus", "campus"), ("dev", "indigo")])
def test_an_older_theme_of_our_hosts_doesn_t_hide_the_stack_s(tmp_path: Path, stack: str, theme: str) -> None:
    before = """
for host in ("author.campus.example.org", "another.example.org"):
    site = shell.Site(domain=host)
    site.save()
    shell.SiteTheme(site=site, theme_dir_name="indigo").save()
"""
    rows = lms(tmp_path, stack, before).rows["SiteTheme"]
    assert [row["theme_dir_name"] for row in rows] == [theme, "indigo"]


THEMED = """
shell.Site(domain="local.openedx.io", name="x").save()
shell.SiteTheme(site=shell.Site.objects.rows[0], theme_dir_name="indigo").save()
"""


def themes(outcome: Outcome) -> list[str]:
    return [row["theme_dir_name"] for row in outcome.rows["SiteTheme"]]


def test_a_theme_that_is_taken_out_takes_its_rows_along(tmp_path: Path) -> None:
    site = {"lms_host": "local.openedx.io", "theme": "campus"}
    assert themes(taken_back(tmp_path, THEMED, site=site)) == []


def test_another_theme_that_somebody_chose_since_stays(tmp_path: Path) -> None:
    chosen = 'shell.SiteTheme.objects.rows[0].theme_dir_name = "chosen"'
    site = {"lms_host": "local.openedx.io", "theme": "campus"}
    assert themes(taken_back(tmp_path, THEMED, chosen, site=site)) == ["chosen"]


def test_waffle_that_is_taken_out_is_as_if_it_had_never_been_set(tmp_path: Path) -> None:
    """A flag of a served frontend is on by default; another one is decided by the platform's code."""
    said = {"learner_home_mfe.enabled": False, "campus.flag": True}
    switches = {"completion.enable_completion_tracking": False, "campus.switch": True}
    outcome = taken_back(tmp_path, features={"waffle_flags": said, "waffle_switches": switches})
    assert outcome.flags()["learner_home_mfe.enabled"] is True and outcome.flags()["campus.flag"] is None
    assert outcome.switches() == {"completion.enable_completion_tracking": True, "campus.switch": False}


def test_waffle_that_somebody_changed_since_stays(tmp_path: Path) -> None:
    between = 'shell.Flag.objects.get(name="campus.flag").everyone = False'
    outcome = taken_back(tmp_path, FRESH, between, features={"waffle_flags": {"campus.flag": True}})
    assert outcome.flags()["campus.flag"] is False


def test_languages_that_are_taken_out_are_no_longer_offered(tmp_path: Path) -> None:
    site = {"lms_host": "local.openedx.io", "languages": ["fr", "en"]}
    rows = taken_back(tmp_path, site=site).rows["DarkLangConfig"]
    assert [(row["released_languages"], row["enabled"]) for row in rows] == [("fr,en", True), ("", False)]


def test_whoever_is_taken_from_the_administrators_is_named(tmp_path: Path) -> None:
    """Rights are only given here: the last administrator might lock everybody out."""
    record = json.dumps({"administrators": ["anna"]})
    before = f"""{FRESH}
shell.User(username="cms").save()
shell.UserPreference(user=shell.User.objects.rows[0], key="openedx-infra-setup", value={record!r}).save()
"""
    assert "anna is no longer among the stack's administrators" in lms(tmp_path, before=before).printed


def test_a_run_that_was_cut_short_is_taken_back_as_well(tmp_path: Path) -> None:
    """What a run is to set is kept before it begins."""
    before = f"""{THEMED}
shell.User(username="cms").save()
policies, shell.failing = shell.call_command, True
def call(*arguments):
    if arguments[0] == "load_policies" and shell.failing:
        raise RuntimeError("the database is gone")
    policies(*arguments)
shell.sys.modules["django.core.management"].call_command = call
run = exec
def exec(text, names):
    try:
        run(text, names)
    except RuntimeError:
        shell.failing = False
"""
    site = {"lms_host": "local.openedx.io", "theme": "campus"}
    assert themes(taken_back(tmp_path, before, site=site)) == []


def test_what_set_up_acts_on_and_can_be_taken_back_is_recorded(tmp_path: Path) -> None:
    """Each parameter is either recorded, or written anew each time, or a default that is set once."""
    always = {"lms_host", "site_name", "hosts", "studio_client_id", "studio_redirect_uri"}
    once = {"default_flags", "default_switches", "absent_flags", "schedules", "service_users"}
    once |= {"event_routers"}  # rows bear a mark, by which they are taken back
    outcome = lms(tmp_path, "campus")
    [row] = outcome.rows["UserPreference"]
    recorded = {"theme" if name == "themes" else name for name in json.loads(row["value"])}
    assert scripts.setup_parameters(case.stack("campus")).keys() == always | once | recorded


def test_courseware_is_indexed_when_the_index_is_empty(tmp_path: Path) -> None:
    empty = run(tmp_path, "studio_setup.py", case.stack())
    assert empty.calls == [["reindex_studio"], ["reindex_course", "--active"]]
    full = run(tmp_path, "studio_setup.py", case.stack(), "shell.Index.documents = 5")
    assert full.calls == [["reindex_studio"]]
    assert full.printed.endswith("studio_setup: done\n")


@pytest.mark.parametrize(
    ("release", "runs"), [("ulmo", [["--init"], ["--incremental"]]), ("verawood", [[]]), ("master", [[]])]
)
def test_studio_s_index_is_filled_as_the_release_does_it(
    tmp_path: Path, release: str, runs: list[list[str]]
) -> None:
    """Ulmo's alone can be left half done, and without `--init` nothing that it fills in is found."""
    outcome = run(tmp_path, "studio_setup.py", of_release(release), "shell.Index.documents = 5")
    assert outcome.calls == [["reindex_studio", *arguments] for arguments in runs]


MAILS = "enqueue_recurring_nudge", "deliver_recurring_nudge", "enqueue_course_update", "deliver_course_update"


def test_the_lms_may_send_what_duties_send(tmp_path: Path) -> None:
    """Without a ScheduleConfig of the site, the commands run and send nothing."""
    stack = case.said(duties={"upgrade_reminders": {"enabled": False}})
    (row,) = lms(tmp_path, stack, times=2).rows["ScheduleConfig"]
    assert row.pop("site") == "Site 1" and row.pop("pk") == 1
    assert row == {"enabled": True, **dict.fromkeys(MAILS, True)}
    mails = ("nudges", "upgrade_reminders", "course_updates", "next_sections")
    none = case.said(duties={name: {"enabled": False} for name in mails})
    assert lms(tmp_path, none).rows["ScheduleConfig"] == []
    assert lms(tmp_path, case.said(duties={"enabled": False})).rows["ScheduleConfig"] == []


def test_a_schedule_of_the_operator_stays(tmp_path: Path) -> None:
    config = f"{FRESH}\nshell.Site.objects.rows[0].domain = 'local.openedx.io'\n"
    config += (
        "config = shell.ScheduleConfig(site=shell.Site.objects.rows[0], changed_by='anna')\nconfig.save()"
    )
    (row,) = lms(tmp_path, before=config).rows["ScheduleConfig"]
    assert row["changed_by"] == "anna" and "deliver_recurring_nudge" not in row
    (row,) = lms(tmp_path, before=config.replace(", changed_by='anna'", "")).rows["ScheduleConfig"]
    assert row["deliver_recurring_nudge"] is True


def test_another_engine_makes_its_indexes_itself_and_is_none_for_studio(tmp_path: Path) -> None:
    elastic = 'shell.settings.SEARCH_ENGINE = "search.elastic.ElasticSearchEngine"\n'
    elastic += "shell.settings.MEILISEARCH_ENABLED = False"
    assert ["create_indexes"] in lms(tmp_path).calls
    assert ["create_indexes"] not in lms(tmp_path, before=f"{FRESH}\n{elastic}").calls
    assert run(tmp_path, "studio_setup.py", case.stack(), elastic).calls == [["reindex_course", "--active"]]


def test_collections_of_typesense_are_made_when_they_are_missing(tmp_path: Path) -> None:
    """A setup runs again and again, and the first may have been cut short."""
    typesense = f'{FRESH}\nshell.settings.SEARCH_ENGINE = "search.typesense.TypesenseEngine"'
    begun = f'{typesense}\nshell.collections["course_info"] = {{}}'
    made = [["collection", "course_info"], ["collection", "courseware_content"]]
    assert lms(tmp_path, before=typesense).calls[:2] == made
    assert lms(tmp_path, before=begun).calls[:1] == made[1:]
    assert not [call for call in lms(tmp_path, before=typesense, times=2).calls if call[0] == "collection"]


@pytest.mark.parametrize(
    "name", [name for name in scripts.NAMES if name.endswith(("migrate.sh", "setup.sh", "provision.sh"))]
)
def test_shell_scripts_stop_at_the_first_error(name: str, tmp_path: Path) -> None:
    """With a `manage.py` that fails, or parameters that are missing."""
    script = scripts.text(name).replace("/openedx/edx-platform", str(tmp_path))
    (tmp_path / name).write_text(script, encoding="utf-8")
    for beside in ("lms_setup.py", "studio_setup.py", "migrate.py"):
        (tmp_path / beside).write_text("", encoding="utf-8")
    (tmp_path / "manage.py").write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    (tmp_path / "manage.py").chmod(0o755)
    shell = "bash" if "bash" in script.splitlines()[0] else "sh"
    done = subprocess.run([shell, str(tmp_path / name)], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "done" not in done.stdout


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("lms_migrate.sh", "lms shell < migrations"),
        ("studio_migrate.sh", "cms shell < migrations"),
        ("lms_setup.sh", "lms shell < lms-setup"),
        ("studio_setup.sh", "cms shell < studio-setup"),
    ],
)
def test_shell_scripts_call_the_platform(name: str, arguments: str, tmp_path: Path) -> None:
    platform = tmp_path / "platform"
    platform.mkdir()
    script = scripts.text(name).replace("/openedx/edx-platform", str(platform))
    (tmp_path / name).write_text(script, encoding="utf-8")
    for site in ("lms", "studio"):
        (tmp_path / f"{site}_setup.py").write_text(f"{site}-setup", encoding="utf-8")
    (tmp_path / "migrate.py").write_text("migrations", encoding="utf-8")
    said = platform / "said"
    (platform / "manage.py").write_text(f'#!/bin/sh\necho "$* < $(cat)" > {said}\n', encoding="utf-8")
    (platform / "manage.py").chmod(0o755)
    command = ["sh", str(tmp_path / name)]
    settings = {name: "/dev/null" for name in ("LMS_CFG", "CMS_CFG")}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **settings},
    )
    assert done.returncode == 0, done.stderr
    assert said.read_text(encoding="utf-8").strip().removesuffix(" <") == arguments


def test_scripts_are_asked_for_by_name() -> None:
    assert all(scripts.text(name) for name in scripts.NAMES)
    with pytest.raises(KeyError, match="no script is called nonsense"):
        scripts.text("nonsense")


def test_parameters_hold_nothing_secret() -> None:
    text = json.dumps(scripts.setup_parameters(case.stack("campus")))
    assert not [name for name in case.secrets() if f"<{name}>" in text]
