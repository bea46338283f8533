"""The preflight calls a server too old by what it tells of its version, and by nothing that it leaves out."""

from __future__ import annotations

import pytest

from openedx_infra.scripts.preflight import mongodb, mysql, valkey
from openedx_infra.scripts.preflight.report import Report, is_older


@pytest.mark.parametrize(
    ("numbers", "older"),
    [
        ((6, 1), True),
        ((6, 2), False),
        ((6,), False),
        ((5,), True),
        ((7,), False),
        ((), False),
        ((10, 0), False),
    ],
)
def test_a_version_is_compared_as_far_as_it_is_told(numbers: tuple[int, ...], older: bool) -> None:
    assert is_older(numbers, (6, 2)) is older


@pytest.mark.parametrize(
    ("info", "faults"),
    [
        ({"redis_version": "6"}, 0),
        ({"redis_version": "6.x"}, 0),
        ({"redis_version": "5"}, 1),
        ({"redis_version": "6.0.16"}, 1),
        ({"redis_version": "10.0"}, 0),
        ({"redis_version": "unstable"}, 0),
        ({"redis_version": "7.2.4", "valkey_version": "8.1.4"}, 0),
        ({}, 0),
    ],
)
def test_versions_of_redis(info: dict[str, str], faults: int) -> None:
    report = Report()
    valkey.judge(info, report.of("openedx:datastores.broker", external=True))
    assert len(report.faults) == faults, report.faults


@pytest.mark.parametrize(("version", "faults"), [("4", 0), ("4.2", 1), ("3", 1), ("8.0.4", 0)])
def test_versions_of_mongodb(version: str, faults: int) -> None:
    report = Report()
    mongodb.judge_version(version, "7.0", report.of("openedx:datastores.mongodb", external=True))
    assert len(report.faults) == faults


@pytest.mark.parametrize(("version", "faults"), [("10-MariaDB", 0), ("9-MariaDB", 1), ("8", 0), ("5", 1)])
def test_versions_of_mysql(version: str, faults: int) -> None:
    report = Report()
    mysql.judge_version(version, "8.4", report.of("openedx:datastores.mysql", external=True))
    assert len(report.faults) == faults
