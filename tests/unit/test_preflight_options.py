"""Options that MariaDB, which the tests of parts have, does not know: those of MySQL alone."""

from __future__ import annotations

from openedx_infra.scripts.preflight import mysql_options
from openedx_infra.scripts.preflight.report import Report

DIGITALOCEAN = {
    "sql_require_primary_key": "ON",
    "sql_generate_invisible_primary_key": "OFF",
    "max_execution_time": "0",
    "max_connections": "225",
    "wait_timeout": "28800",
}
"""As a new server of DigitalOcean answers."""


def judged(**values: str) -> Report:
    report = Report()
    findings = report.of("openedx:datastores.mysql", external=True)
    mysql_options.judge({**DIGITALOCEAN, **values}, findings)
    return report


def test_primary_keys_that_are_demanded_fail_migrations() -> None:
    [fault] = judged().faults
    assert fault.startswith("openedx:datastores.mysql: it refuses tables without a primary key")
    assert "set sql_require_primary_key to OFF, or sql_generate_invisible_primary_key to ON" in fault
    made_up = judged(sql_generate_invisible_primary_key="ON")
    assert made_up.faults == [] and "replaces one" in made_up.warnings[0]
    off = judged(sql_require_primary_key="OFF")
    assert (off.faults, off.warnings) == ([], [])


def test_times_and_numbers_are_warned_of() -> None:
    said = judged(
        sql_require_primary_key="OFF", max_execution_time="5000", max_connections="75", wait_timeout="30"
    ).warnings
    assert [line.partition("mysql: ")[2].split(",")[0] for line in said] == [
        "it ends statements after 5 s (max_execution_time)",
        "it takes 75 connections at a time",
        "it hangs up after 30 s without a question (wait_timeout)",
    ]


def test_a_server_that_tells_nothing_is_blamed_for_nothing() -> None:
    report = Report()
    mysql_options.judge({}, report.of("openedx:datastores.mysql", external=True))
    assert (report.faults, report.warnings) == ([], [])
