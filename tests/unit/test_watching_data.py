"""Rules and dashboards ask for what is there, and the documentation has them all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from metrics import METRICS

from openedx_infra.config import load
from openedx_infra.monitoring import data
from openedx_infra.monitoring.alerts import groups, rules
from openedx_infra.monitoring.dashboards import HEIGHT, WIDTH, dashboards
from openedx_infra.monitoring.facts import MonitoringFacts, monitoring_facts
from openedx_infra.monitoring.handbook import handbook

DOCS = Path(__file__).parents[2] / "docs"
KNOWN = {metric for metrics in METRICS.values() for metric in metrics}


def seen(controller: str = "traefik", *, backups: bool = True, cert_manager: bool = True) -> MonitoringFacts:
    said = {"site": {"lms_host": "learn.example.org"}, "cluster": {"ingress_controller": controller}}
    return replace(
        monitoring_facts(load("campus", said)),
        backup_hours=26 if backups else None,
        proof_days=8 if backups else None,
        cert_manager=cert_manager,
    )


def queries() -> Iterator[str]:
    for controller in ("traefik", "nginx"):
        for group in groups(seen(controller)).values():
            yield from (alert.expr for alert in group)
        for page in dashboards(seen(controller)).values():
            yield from (query for panel in page.panels for query in panel.queries.values())


def test_every_metric_is_told_by_somebody_and_asked_for() -> None:
    """Each selector has labels, so that a name before a brace is a metric."""
    asked = {name for query in queries() for name in re.findall(r"\b([A-Za-z_]+)\{", query)}
    assert asked == KNOWN


def test_no_metric_is_asked_for_of_other_instances() -> None:
    for query in queries():
        for metric, labels in re.findall(r"\b([A-Za-z_]+)\{([^}]*)\}", query):
            own = ("openedx-campus", "learn\\\\.example\\\\.org", 'openedx="campus"')
            assert any(word in labels for word in own), (metric, labels)


def test_alerts_have_names_of_their_own_and_tell_what_to_do() -> None:
    alerts = [alert for group in groups(seen()).values() for alert in group]
    assert len({alert.name for alert in alerts}) == len(alerts)
    for alert in alerts:
        assert alert.name.startswith("Openedx") and alert.minutes > 0
        assert alert.description.endswith(".") and alert.remedy[-1] in ".?", alert.name
        assert not set("{}") & set(re.sub(r"\{\{ \$[\w. |]+ \}\}", "", alert.summary)), alert.summary


def test_what_is_not_there_is_not_watched() -> None:
    names = {
        alert.name for group in groups(seen(backups=False, cert_manager=False)).values() for alert in group
    }
    gone = {alert.name for group in groups(seen()).values() for alert in group} - names
    assert gone == {
        "OpenedxBackupTooOld",
        "OpenedxBackupFailed",
        "OpenedxRestoreNotProven",
        "OpenedxCertificateExpires",
    }
    assert "backups" not in dashboards(seen(backups=False))


def test_rules_of_two_instances_are_told_apart() -> None:
    other = replace(seen(), name="annex", namespace="annex")
    names = [{group["name"] for group in rules(one)["groups"]} for one in (seen(), other)]
    assert names[0].isdisjoint(names[1])
    uids = [{page.uid for page in dashboards(one).values()} for one in (seen(), other)]
    assert uids[0].isdisjoint(uids[1])


def test_dashboards_are_as_grafana_wants_them() -> None:
    for page in dashboards(seen()).values():
        document = json.loads(json.dumps(page.document()))
        assert len(document["uid"]) <= 40
        taken: set[tuple[int, int]] = set()
        for panel in document["panels"]:
            place = panel["gridPos"]
            cells = {(x, place["y"]) for x in range(place["x"], place["x"] + place["w"])}
            assert place["x"] + place["w"] <= WIDTH and place["y"] % HEIGHT == 0
            assert taken.isdisjoint(cells)
            taken |= cells
            assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_values_with_signs_of_expressions_are_matched_as_such_and_no_others() -> None:
    for query in queries():
        for label, sign, value in re.findall(r'(\w+)(=~?)"([^"]*)"', query):
            assert (sign == "=~") == bool(set("|*+()[]?") & set(value)), (label, value, query)


def test_an_unknown_placeholder_and_an_unknown_key_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = {
        "alert": "A",
        "for": "1m",
        "labels": {"severity": "warning"},
        "annotations": {},
        "expr": "[[nobody]]",
    }
    file = {"groups": [{"name": "web", "rules": [rule]}]}
    shared = data._read("shared.yaml")
    monkeypatch.setattr(data, "_read", lambda name: shared if name == "shared.yaml" else file)
    with pytest.raises(KeyError, match="nobody"):
        rules(seen())
    rule |= {"expr": "up == 0", "unless": "down"}
    with pytest.raises(TypeError, match="unless"):
        rules(seen())


def test_a_shared_broker_has_keys_with_the_instances_prefix() -> None:
    said = load("campus", {"site": {"lms_host": "learn.example.org"}})
    assert "campus:edx.lms.core.default" in monitoring_facts(said, "campus:").queues
    assert monitoring_facts(said, "campus:").unacked == "campus:unacked"


def test_the_handbook_tells_of_every_alert() -> None:
    """`make docs` writes it."""
    assert (DOCS / "alerts.md").read_text(encoding="utf-8") == handbook()
    anchors = set(re.findall(r"^### (\w+)$", handbook(), re.MULTILINE))
    assert anchors == {alert.name for group in groups(seen()).values() for alert in group}


def test_the_documentation_names_everybody_who_tells_metrics() -> None:
    text = (DOCS / "observability.md").read_text(encoding="utf-8")
    assert [source for source in METRICS if source not in text] == []
