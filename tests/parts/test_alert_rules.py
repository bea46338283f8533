"""Promtool reads the rules and dashboards, and alerts fire when they should."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from alert_cases import CASES, Case
from testing_tools import ensure_for_tests

from openedx_infra.config import load
from openedx_infra.monitoring.alerts import groups, rules
from openedx_infra.monitoring.dashboards import dashboards
from openedx_infra.monitoring.facts import MonitoringFacts, monitoring_facts

pytestmark = pytest.mark.parts


@pytest.fixture(scope="module")
def promtool() -> Path:
    return ensure_for_tests(["promtool"]).bin_dir / "promtool"


def seen(controller: str = "traefik") -> MonitoringFacts:
    """An instance with everything that can be watched."""
    said = {
        "site": {"lms_host": "learn.example.org"},
        "cluster": {"namespace": "campus", "ingress_controller": controller},
    }
    return replace(monitoring_facts(load("campus", said)), backup_hours=26, proof_days=8, cert_manager=True)


def ask(promtool: Path, *words: str | Path) -> str:
    done = subprocess.run([promtool, *words], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("controller", ["traefik", "nginx"])
def test_prometheus_reads_all_rules(promtool: Path, tmp_path: Path, controller: str) -> None:
    file = tmp_path / "rules.yaml"
    known = rules(seen(controller))
    file.write_text(yaml.safe_dump(known))
    count = sum(len(group["rules"]) for group in known["groups"])
    assert f"SUCCESS: {count} rules found" in ask(promtool, "check", "rules", file)


@pytest.mark.parametrize("controller", ["traefik", "nginx"])
def test_prometheus_reads_all_queries_of_dashboards(promtool: Path, tmp_path: Path, controller: str) -> None:
    """As rules, whose expressions promtool parses."""
    queries = [
        query
        for page in dashboards(seen(controller)).values()
        for panel in page.panels
        for query in panel.queries.values()
    ]
    recorded = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": recorded}]}))
    assert f"SUCCESS: {len(queries)} rules found" in ask(promtool, "check", "rules", file)


def test_every_alert_has_a_case() -> None:
    alerts = [alert.name for group in groups(seen()).values() for alert in group]
    assert sorted(alerts) == sorted(CASES)


@pytest.mark.parametrize("alert", CASES)
def test_an_alert_fires_when_it_should_and_only_then(promtool: Path, tmp_path: Path, alert: str) -> None:
    case = CASES[alert]
    known = [rule for group in rules(seen())["groups"] for rule in group["rules"] if rule["alert"] == alert]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "one", "rules": known}]}))
    tests = [
        _history(alert, case, series, fires)
        for fires, series in ((True, case.fires), (False, {**case.fires, **case.silent}))
    ]
    file = tmp_path / "tests.yaml"
    file.write_text(
        yaml.safe_dump({"rule_files": ["rules.yaml"], "evaluation_interval": case.step, "tests": tests})
    )
    ask(promtool, "test", "rules", file)


def _history(name: str, case: Case, series: dict[str, str], fires: bool) -> dict[str, Any]:
    asked = f'count by (alertname) (ALERTS{{alertname="{name}",alertstate="firing",openedx="campus"}})'
    found = [{"labels": f'{{alertname="{name}"}}', "value": 1}] if fires else []
    return {
        "name": f"{name} {'fires' if fires else 'is silent'}",
        "interval": case.step,
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "promql_expr_test": [
            {"expr": asked, "eval_time": f"{case.steps}{case.step[1:]}", "exp_samples": found}
        ],
    }
