"""`drift` names what was changed, passes over what others own, and has it as JSON and metrics, too."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from openedx_infra.config.sections.lifecycle import DriftRule
from openedx_infra.operations.cli.app import app
from openedx_infra.operations.drift import findings
from openedx_infra.operations.drift.drift import Drift, drift
from openedx_infra.operations.drift.expected import expected
from openedx_infra.operations.drift.findings import Findings
from openedx_infra.operations.drift.reader import Kind, Reader
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.maintenance import mend as mending

NAMESPACE = "openedx-mine"
EDITED = {"manager": "kubectl-edit", "time": "2026-11-30T10:00:00Z"}
SCALED = {"manager": "kubectl", "subresource": "scale", "time": "2026-11-30T11:00:00Z"}
SPEC = {"replicas": 2, "template": {"spec": {"containers": [{"name": "lms", "image": "a"}]}}}
IMAGE = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"lms"}': {"f:image": {}}}}}}}
REPLICAS = {"f:spec": {"f:replicas": {}}}


def resource(kind: str, name: str, spec: Mapping[str, Any], version: str = "apps/v1") -> dict[str, Any]:
    declared = {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec,
    }
    return {
        "urn": f"urn:pulumi:mine::openedx::kubernetes:{version}:{kind}::{name}",
        "type": f"kubernetes:{version}:{kind}",
        "custom": True,
        "id": f"{NAMESPACE}/{name}",
        "inputs": declared,
        "outputs": deepcopy(declared),
    }


STATE = {
    "deployment": {"resources": [resource("Deployment", "lms", SPEC), resource("Deployment", "mfe", {})]}
}


class Cluster:
    """Objects by kind and name, as a reader returns them. `lms` was edited, and `mfe` deleted."""

    def __init__(self, *more: tuple[str, str, dict[str, Any]], unreadable: Sequence[str] = ()) -> None:
        spec = deepcopy(SPEC)
        spec["replicas"] = 5
        spec["template"]["spec"]["containers"][0]["image"] = "b"  # type: ignore[index]
        owned = [EDITED | {"fieldsV1": IMAGE}, SCALED | {"fieldsV1": REPLICAS}]
        lms = {"metadata": {"name": "lms", "namespace": NAMESPACE, "managedFields": owned}, "spec": spec}
        self.objects = {("Deployment", "lms"): lms, **{(kind, name): item for kind, name, item in more}}
        self.unreadable = unreadable

    def read(self, wanted: Mapping[Kind, Any], *, metadata: bool) -> dict[Kind, Any]:
        assert not metadata
        return {
            where: None
            if where.kind in self.unreadable
            else {name: item for (kind, name), item in self.objects.items() if kind == where.kind}
            for where in wanted
        }


def found(*rules: DriftRule, cluster: Cluster | None = None) -> Findings:
    reader: Any = cluster or Cluster()
    assert isinstance(reader, Cluster | Reader)
    return Findings(stack="mine", drift=drift(reader, STATE, [NAMESPACE], rules), at=1_700_000_000.9)


def fields(of: Findings) -> dict[str, list[str]]:
    return {each.name: [change.field for change in changed] for each, changed in of.drift.changed}


def test_each_field_is_named_with_who_and_when_and_it_is_drift_for_machines() -> None:
    all_of_it = found()
    assert all_of_it.exit_code == 2
    lms = next(each for each in all_of_it.as_json()["objects"] if each["name"] == "lms")
    assert lms["state"] == "changed" and lms["namespace"] == NAMESPACE
    assert lms["fields"] == [
        {
            "field": "spec.replicas",
            "before": 2,
            "now": 5,
            "manager": "kubectl",
            "when": "2026-11-30T11:00:00Z",
        },
        {
            "field": "spec.template.spec.containers[name=lms].image",
            "before": "a",
            "now": "b",
            "manager": "kubectl-edit",
            "when": "2026-11-30T10:00:00Z",
        },
    ]
    console = Console(record=True, width=200)
    all_of_it.print(console)
    text = console.export_text()
    assert "image is b, not a (by kubectl-edit, 2026-11-30T10:00:00Z)" in text
    assert "Objects that differ from what was brought up: 2." in text and "drift --fix --stack mine" in text
    json.dumps(all_of_it.as_json())


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        (DriftRule(kind="Deployment", name="l*", field="spec.replicas"), ["image"]),
        (DriftRule(manager="kubectl"), ["image"]),
        (DriftRule(manager="kubectl*"), []),
        (DriftRule(field="spec.template.*[name=lms].image"), ["replicas"]),
        (DriftRule(field="spec.template"), ["replicas"]),
        (DriftRule(field="spec.temp"), ["replicas", "image"]),
        (DriftRule(kind="StatefulSet"), ["replicas", "image"]),
        (DriftRule(name="studio"), ["replicas", "image"]),
        (DriftRule(name="lms"), []),
    ],
)
def test_a_rule_passes_over_what_all_of_it_is_true_of(rule: DriftRule, left: list[str]) -> None:
    by_rule = found(rule)
    assert [field.rpartition(".")[2] for field in fields(by_rule).get("lms", [])] == left
    passed = [change.field for _, all_of in by_rule.drift.ignored for change in all_of]
    assert len(passed) == 2 - len(left), "what is passed over is still shown"


def test_an_object_may_be_missing_only_by_a_rule_about_it_as_a_whole() -> None:
    assert [each.name for each in found(DriftRule(name="mfe", field="spec")).drift.missing] == ["mfe"]
    whole = found(DriftRule(name="mfe"), DriftRule(name="lms"))
    assert whole.exit_code == 0 and whole.drift.missing == []


@pytest.mark.parametrize(
    ("kind", "target", "left"),
    [("Deployment", "lms", 1), ("Deployment", "other", 2), ("StatefulSet", "lms", 2)],
)
def test_the_number_of_pods_is_an_autoscalers_where_one_points_to_them(
    kind: str, target: str, left: int
) -> None:
    scaler = {"metadata": {"name": "x"}, "spec": {"scaleTargetRef": {"kind": kind, "name": target}}}
    by_scaler = found(cluster=Cluster(("HorizontalPodAutoscaler", "x", scaler)))
    assert len(fields(by_scaler)["lms"]) == left


@pytest.mark.parametrize("manager", ["argocd-controller", "kustomize-controller", "helm-controller"])
def test_tools_that_apply_what_people_wrote_are_no_controllers_of_the_cluster(manager: str) -> None:
    cluster = Cluster()
    cluster.objects["Deployment", "lms"]["metadata"]["managedFields"][0]["manager"] = manager
    assert len(fields(found(cluster=cluster))["lms"]) == 2


def test_what_can_not_be_read_is_no_all_clear() -> None:
    blind = found(cluster=Cluster(unreadable=["Deployment"]))
    assert blind.exit_code == 1 and not blind.drift.found
    console = Console(record=True, width=200)
    blind.print(console)
    text = console.export_text()
    assert "No drift" not in text and "unknown: Deployment" in text
    assert Findings(stack="mine", drift=Drift(), at=0).exit_code == 0


def test_metrics_are_prometheus_text_and_written_for_all_to_read(tmp_path: Path) -> None:
    file = tmp_path / "drift.prom"
    findings.write_metrics(found(), file)
    lines = file.read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        'openedx_drift_objects{openedx="mine",state="missing"} 1',
        'openedx_drift_objects{openedx="mine",state="being_deleted"} 0',
        'openedx_drift_objects{openedx="mine",state="changed"} 1',
        'openedx_drift_fields{openedx="mine",kind="Deployment",name="lms",manager="kubectl, kubectl-edit"} 2',
        'openedx_drift_unreadable_kinds{openedx="mine"} 0',
        'openedx_drift_checked_timestamp_seconds{openedx="mine"} 1700000000',
    ]
    assert file.stat().st_mode & 0o777 == 0o644
    assert sum(line.startswith("# TYPE") for line in lines) == 4


# --- The command


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command with these looks, one after the other."""

    def run(looks: Sequence[Findings], *words: str) -> Any:
        rest = list(looks)
        monkeypatch.setattr(findings, "look", lambda *_: rest.pop(0))
        return CliRunner().invoke(app, ["drift", *words])

    return run


def test_exit_codes_are_for_machines(looking: Callable[..., Any]) -> None:
    clean = Findings(stack="dev", drift=Drift(), at=0)
    assert looking([clean]).exit_code == 0
    said = looking([found()], "--json")
    assert said.exit_code == 2 and json.loads(said.stdout)["drift"] is True
    assert looking([found()], "--json", "--fix").exit_code == 2, "as wrong usage"


def test_what_is_set_back_is_looked_at_again_and_metrics_are_of_afterwards(
    looking: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    targets = []

    def up(request: Request, console: Console, **options: Any) -> None:
        targets.append((request.name, options["refresh"], options["targets"]))

    monkeypatch.setattr(mending.deploy, "up", up)
    monkeypatch.setattr(mending, "_require_nothing_pending", lambda *_: None)
    clean = Findings(stack="dev", drift=Drift(), at=0)
    said = looking([found(), clean], "--fix", "--yes", "--metrics", str(tmp_path / "m"))
    assert said.exit_code == 0, said.output
    urns = [each.urn.text for each in expected(STATE)]
    assert [(name, refresh, sorted(urn)) for name, refresh, urn in targets] == [("dev", True, urns)]
    assert 'state="changed"} 0' in (tmp_path / "m").read_text()


def test_lost_data_is_not_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    volume = expected({"deployment": {"resources": [resource("PersistentVolumeClaim", "mysql", {}, "v1")]}})
    monkeypatch.setattr(mending, "_require_nothing_pending", lambda *_: pytest.fail("not reached"))
    lost = Findings(stack="mine", drift=Drift(missing=volume), at=0)
    with pytest.raises(OperationError, match="Data is lost with PersistentVolumeClaim mysql"):
        mending.mend(Request(name="mine"), lost, Console())


def test_changes_that_were_not_brought_up_would_come_along_and_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Session:
        def verbs(self, plan: Any) -> Any:
            plan.steps.append(object())
            return self

        def preview(self) -> None:
            """Nothing more."""

    monkeypatch.setattr(mending, "begin", lambda *_: Session())
    monkeypatch.setattr(mending.deploy, "up", lambda *_, **__: pytest.fail("not reached"))
    with pytest.raises(OperationError, match="1 changes that were not brought up") as error:
        mending.mend(Request(name="mine"), found(), Console())
    assert "up --refresh --stack mine" in (error.value.remedy or "")
