"""Does a preview show each change with its old and new value, what restarts, and never a secret?"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from openedx_infra.operations.cluster import operator_status
from openedx_infra.operations.drift.changes import SECRET
from openedx_infra.operations.engine.events import Outputs, Started
from openedx_infra.operations.plan.change_summary import ChangeSummary, summary
from openedx_infra.operations.plan.differences import ABSENT, MASKED, Difference, differences, text
from openedx_infra.operations.plan.objects import diffs, object_changes
from openedx_infra.operations.urn import Urn

SENTINEL = "Planted0Secret1Of2Strangers3"

# --- Differences of values

leaf = st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.text("ab", max_size=2))
values = st.recursive(
    leaf,
    lambda inner: st.dictionaries(st.text("xyz", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)
maps = st.dictionaries(st.text("xyz", min_size=1, max_size=2), values, max_size=4)


def applied(value: Any, changes: list[Difference]) -> Any:
    """The value with all changes done, where maps without anything count as nothing."""
    result = deepcopy(value)
    for change in changes:
        inner = result
        for key in change.path[:-1]:
            if not isinstance(inner.get(key), dict):
                inner[key] = {}
            inner = inner[key]
        if change.now is ABSENT:
            inner.pop(change.path[-1], None)
        else:
            inner[change.path[-1]] = change.now
    return result


def pruned(value: Any) -> Any:
    """The value without maps that hold nothing."""
    if not isinstance(value, dict):
        return value
    inner = {key: pruned(each) for key, each in value.items()}
    return {key: each for key, each in inner.items() if each != {}}


@given(maps)
def test_nothing_differs_from_itself(value: dict[str, Any]) -> None:
    assert list(differences(value, deepcopy(value))) == []


@given(maps, maps)
def test_differences_are_all_there_is_between_two_values(before: dict[str, Any], now: dict[str, Any]) -> None:
    found = list(differences(before, now))
    assert pruned(applied(before, found)) == pruned(now)
    assert len({change.path for change in found}) == len(found)


def test_true_is_no_one_and_a_whole_number_is_the_same_with_a_point() -> None:
    assert [change.path for change in differences({"a": 1, "b": 1}, {"a": True, "b": 1.0})] == [("a",)]


@pytest.mark.parametrize(
    ("before", "now", "shown"),
    [
        (ABSENT, False, "not set → false"),
        ("a", None, "a → null"),
        ("", "x y", '"" → x y'),
        (["a", "b"], ["b", "c"], "- a, + c"),
        (["a", "b"], ["b", "a"], "in another order"),
        (1, ABSENT, "1 → not set"),
    ],
)
def test_a_difference_is_written_for_people(before: Any, now: Any, shown: str) -> None:
    assert str(Difference(path=("x",), before=before, now=now)) == shown


def test_a_long_value_is_cut() -> None:
    assert len(text("x" * 500)) == 80


@pytest.mark.parametrize(
    "name", ["PASSWORD", "EMAIL_HOST_PASSWORD", "api_key", "SOCIAL_AUTH_SAML_TOKEN", "Secret"]
)
def test_a_value_with_the_name_of_a_secret_is_masked(name: str) -> None:
    change = Difference(path=("A", name), before=ABSENT, now=SENTINEL)
    assert str(change) == f"not set → {MASKED}"
    assert change.as_json() == {"now": MASKED}
    inside = Difference(path=("A", name, "x"), before="old", now=SENTINEL)
    assert SENTINEL not in str(inside)


@pytest.mark.parametrize("name", ["PASSWORD_RESET_IP_RATE", "MONKEY", "TOKENS_PER_PAGE"])
def test_a_name_that_only_begins_like_that_of_a_secret_is_not_masked(name: str) -> None:
    assert str(Difference(path=(name,), before="1/m", now="2/m")) == "1/m → 2/m"


# --- Changes of objects


def step(kind: str, name: str, before: Any, now: Any, op: str = "update", owner: str = "Lms") -> Started:
    urn = Urn(f"urn:pulumi:mine::openedx::openedx:index:{owner}$kubernetes:apps/v1:{kind}::{name}")
    return Started(urn=urn, op=op, before=before or {}, now=now or {}, changed=("spec",))


def config_map(name: str, suffix: str, **files: str) -> dict[str, Any]:
    return {"kind": "ConfigMap", "metadata": {"name": f"{name}-{suffix}"}, "data": files}


def deployment(image: str = "a/lms:1", replicas: int = 1, memory: str = "1Gi", **spec: Any) -> dict[str, Any]:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    resources = {"limits": {"memory": memory}}
    container = {"name": "main", "image": image, "resources": resources}
    template = {"spec": {"containers": [container]}}
    whole = {"replicas": replicas, "strategy": rolling, "template": template, **spec}
    return {"kind": "Deployment", "metadata": {"name": "lms"}, "spec": whole}


def stateful(image: str, replicas: int = 1) -> dict[str, Any]:
    template = {"spec": {"containers": [{"name": "main", "image": image}]}}
    return {
        "kind": "StatefulSet",
        "metadata": {"name": "x"},
        "spec": {"replicas": replicas, "template": template},
    }


def shown(found: ChangeSummary) -> str:
    out = io.StringIO()
    console = Console(file=out, width=160)
    for line in found.lines():
        console.print(line, soft_wrap=True)
    return out.getvalue()


def effect(before: Mapping[str, Any], now: Mapping[str, Any], name: str = "lms", **more: Any) -> str:
    (restart,) = summary([step(now.get("kind") or before["kind"], name, before, now, **more)], None).restarts
    return restart.effect


def test_a_setting_is_shown_once_with_all_whose_it_is_and_jobs_repeat_it() -> None:
    old, new = ({"FEATURES": {"ENABLE_TEAMS": flag}, "SAME": 1} for flag in (True, False))
    files = [{"lms.yml": yaml.safe_dump(each)} for each in (old, new)]
    steps = [
        step(
            "ConfigMap", "lms-job-settings", *(config_map("lms-job-settings", "1", **each) for each in files)
        ),
        *(
            step("ConfigMap", name, config_map(name, "1", **files[0]), config_map(name, "2", **files[1]), op)
            for name in ("lms-settings", "studio-settings")
            for op in ("create-replacement", "replace", "delete-replaced")
        ),
    ]
    found = summary(steps, None)
    (setting,) = found.settings
    assert setting.where == ("lms", "studio")
    assert "LMS, Studio: FEATURES.ENABLE_TEAMS  true → false" in shown(found)
    assert found.as_json()["settings"] == [
        {"where": ["lms", "studio"], "setting": "FEATURES.ENABLE_TEAMS", "before": True, "now": False}
    ]


def test_a_file_without_keys_is_counted_by_its_lines() -> None:
    before, now = (
        config_map("mfe-config", "1", Caddyfile="a\nb"),
        config_map("mfe-config", "2", Caddyfile="a\nc\nd"),
    )
    found = summary([step("ConfigMap", "mfe-config", before, now, "replace")], None)
    assert "MFEs: Caddyfile  2 lines → 3 lines, 2 of them new" in shown(found)


def test_a_file_of_python_settings_is_shown_by_its_changed_lines() -> None:
    before, now = ("A = 1\nB = 2\n", "A = 1\nB = 3\n")
    files = [{"operator_lms.py": text, "operator_modules.py": text} for text in (before, now)]
    steps = [
        step("ConfigMap", name, config_map(name, "1", **files[0]), config_map(name, "2", **files[1]), op)
        for name, op in (("lms-settings", "replace"), ("lms-job-settings", "update"))
    ]
    found = summary(steps, None)
    assert "LMS: operator_lms.py      2 lines → 2 lines, 1 of them new\n" in shown(found)
    assert [each.lines for each in found.settings] == [("- B = 2", "+ B = 3"), ()]
    assert shown(found).count("+ B = 3") == 1, "our own file is only counted, and Jobs repeat it"
    assert found.as_json()["settings"][0]["lines"] == ["- B = 2", "+ B = 3"]


def test_a_new_file_of_python_settings_is_shown_whole() -> None:
    before, now = (
        config_map("lms-settings", "1"),
        config_map("lms-settings", "2", **{"operator_common.py": "A = 1"}),
    )
    found = summary([step("ConfigMap", "lms-settings", before, now, "replace")], None)
    assert found.settings[0].lines == ("+ A = 1",)


def test_keys_of_the_stack_file_come_from_the_outputs_of_the_last_up() -> None:
    before = {"config": {"sizing": {"lms": {"replicas": None}}, "cluster": {"kubeconfig": "/a"}}}
    now = {"config": {"sizing": {"lms": {"replicas": 2}}, "cluster": {"kubeconfig": "/b"}}}
    found = summary([], Outputs(before=before, now=now))
    assert "openedx:sizing.lms.replicas  null → 2" in shown(found)
    assert found.as_json()["keys"] == [{"key": "openedx:sizing.lms.replicas", "before": None, "now": 2}]
    assert summary([], Outputs(before={}, now=now)).keys == []


def test_an_image_is_shown_with_all_that_run_it() -> None:
    steps = [
        step("Deployment", "lms", deployment(), deployment("a/lms:2")),
        step("Deployment", "worker", deployment(), deployment("a/lms:2")),
        step("Job", "lms-migrate", deployment(), deployment("a/lms:2"), "replace"),
    ]
    assert "lms, worker, Job lms-migrate  a/lms:1 → a/lms:2" in shown(summary(steps, None))


def test_sizes_are_shown_and_another_number_of_pods_restarts_none() -> None:
    found = summary([step("Deployment", "lms", deployment(), deployment(replicas=3))], None)
    assert "lms  replicas 1 → 3" in shown(found)
    assert found.restarts == []
    found = summary([step("Deployment", "lms", deployment(), deployment(memory="2Gi"))], None)
    assert "lms  limits.memory 1Gi → 2Gi" in shown(found)
    assert [each.how for each in found.restarts] == ["rolls over"]


def test_a_claim_that_grows_is_shown() -> None:
    sizes = [{"kind": "X", "spec": {"resources": {"requests": {"storage": size}}}} for size in ("5Gi", "9Gi")]
    steps = [step("PersistentVolumeClaim", "mysql", *sizes)]
    assert "PersistentVolumeClaim mysql  requests.storage 5Gi → 9Gi" in shown(summary(steps, None))


def test_who_notices_a_restart_follows_from_strategy_and_replicas() -> None:
    assert effect(deployment(), deployment("a:2")) == "rolls over: nobody notices"
    assert effect(deployment(strategy={}), deployment("a:2", strategy={})) == "rolls over: nobody notices"
    recreate = {"strategy": {"type": "Recreate"}}
    beat = effect(deployment(**recreate), deployment("a:2", **recreate), "lms-beat")
    assert beat == "restarts: scheduled tasks wait for about 10 s (a guess)"
    loose = {"strategy": {"rollingUpdate": {"maxUnavailable": 1}}}
    several = effect(deployment(replicas=3, **loose), deployment("a:2", replicas=3, **loose))
    assert several == "one pod after another: nobody notices"
    assert effect(deployment(**loose), deployment("a:2", **loose)).startswith(
        "restarts: what it serves is missing"
    )
    assert effect(deployment(replicas=2), deployment(replicas=0)).startswith("stops")
    assert effect(deployment(replicas=0), deployment(replicas=2)) == "starts: nobody notices"
    mysql = effect(stateful("m:1"), stateful("m:2"), "mysql")
    assert mysql.startswith("restarts: pages fail for about 7 s (measured, docs/faults.md")
    assert effect(stateful("m:1", 3), stateful("m:2", 3), "mysql").startswith("one pod after another")
    assert effect(deployment(), {}, op="delete").startswith("stops")
    operated = {"kind": operator_status.NAMES[0], "spec": {"x": 1}}
    assert "one after another" in effect(operated, {**operated, "spec": {"x": 2}})


def test_a_job_tells_for_which_setting_it_runs_again() -> None:
    def job(**annotations: str) -> dict[str, Any]:
        named = {f"openedx.org/{name}": value for name, value in annotations.items()}
        return {"kind": "Job", "spec": {"template": {"metadata": {"annotations": named}}}}

    def runs(before: dict[str, Any], now: dict[str, Any]) -> str:
        return effect(before, now, "lms-migrate", op="replace")

    once, twice = job(apps="A=1 ENABLE_LTI_PROVIDER=false"), job(apps="A=1 ENABLE_LTI_PROVIDER=true X=[1]")
    assert runs(once, twice) == "runs, as Django apps may change (ENABLE_LTI_PROVIDER, X): nobody notices"
    assert runs(twice, job()) == "runs, as Django apps may change (A, ENABLE_LTI_PROVIDER, X): nobody notices"
    assert runs(job(release="a"), job(release="b")) == "runs, as the release changes: nobody notices"
    assert runs(job(search="m 1"), job(search="m 2")) == "runs, as the search server changes: nobody notices"
    assert runs(job(), job()) == "runs: nobody notices"


def test_what_is_new_altogether_restarts_nothing() -> None:
    assert summary([step("Deployment", "lms", {}, deployment(), "create")], None).restarts == []


def test_no_secret_is_shown_in_any_form() -> None:
    hidden = {SECRET: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]", "value": SENTINEL}
    before, now = (
        {"kind": "Secret", "metadata": {"name": f"keys-0000000{n}"}, "data": hidden} for n in (1, 2)
    )
    settings = [yaml.safe_dump({"MY_PASSWORD": value}) for value in ("old", SENTINEL)]
    steps = [
        step("Secret", "keys", before, now, "replace"),
        step(
            "ConfigMap",
            "lms-settings",
            *(config_map("lms-settings", "1", **{"lms.yml": s}) for s in settings),
        ),
    ]
    found = summary(steps, None)
    assert "keys  another content (never shown)" in shown(found)
    assert "MY_PASSWORD  [masked] → [masked]" in shown(found)
    assert SENTINEL not in shown(found) + json.dumps(found.as_json())
    new = summary([step("Secret", "keys", {}, now, "create")], None)
    assert list(diffs(found.objects[:1])) == ["*** Secret keys: only secret values differ (spec)"]
    text = "\n".join(diffs([*found.objects[:1], *new.objects]))
    assert "data: '[secret]'" in text and SENTINEL not in text


# --- Diffs of objects


def test_a_diff_has_the_changed_lines_and_one_line_for_who_reads_a_replaced_object_anew() -> None:
    before, now = (
        config_map("lms-settings", f"{n:08}", **{"lms.yml": f"A: 1\nB: {n}\nC: 3\n" + "D: 4\n" * 90})
        for n in (1, 2)
    )
    readers = [deployment(volumes=[{"configMap": {"name": f"lms-settings-{n:08}"}}]) for n in (1, 2)]
    steps = [
        step("ConfigMap", "lms-settings", before, now, "replace"),
        step("Deployment", "lms", *readers),
        step("Service", "lms", {}, {"kind": "Service", "metadata": {"name": "lms"}}, "create"),
        step("Service", "same", {}, {}, "read"),
    ]
    lines = list(diffs(object_changes(steps)))
    assert "-    B: 1" in lines and "+    B: 2" in lines
    assert "*** Deployment lms: reads lms-settings anew" in lines
    assert "+kind: Service" in lines
    assert len(lines) < 25
