"""The preflight reads rights as MySQL means them, in lines of SHOW GRANTS of several servers."""

from __future__ import annotations

import pytest

from openedx_infra.scripts.preflight.mysql import NEEDED, judge_version, missing
from openedx_infra.scripts.preflight.report import Report

MAKER = {"CREATE", "CREATE USER", "GRANT OPTION"}
RDS = (
    "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, "
    "SHOW DATABASES, CREATE USER, EVENT, TRIGGER, CREATE ROLE ON *.* TO `admin`@`%` WITH GRANT OPTION",
    "GRANT APPLICATION_PASSWORD_ADMIN,ROLE_ADMIN ON *.* TO `admin`@`%` WITH GRANT OPTION",
    "REVOKE ALL PRIVILEGES ON `mysql`.* FROM `admin`@`%`",
    "GRANT `rds_superuser_role`@`%` TO `admin`@`%`",
)


@pytest.mark.parametrize(
    "line",
    [
        "GRANT ALL PRIVILEGES ON `open_edx`.* TO `openedx`@`%`",
        r"GRANT ALL PRIVILEGES ON `open\_edx`.* TO `openedx`@`%` REQUIRE SSL",
        "GRANT ALL PRIVILEGES ON `open%`.* TO `openedx`@`%`",
        "GRANT ALL PRIVILEGES ON *.* TO `openedx`@`%` IDENTIFIED BY PASSWORD '*0' WITH GRANT OPTION",
        f"GRANT {', '.join(sorted(NEEDED))} ON `open_edx`.* TO 'openedx'@'10.0.0.0/255.0.0.0'",
    ],
)
def test_rights_that_suffice(line: str) -> None:
    assert missing(["GRANT USAGE ON *.* TO `openedx`@`%`", line], "open_edx", set(NEEDED)) == set()


@pytest.mark.parametrize(
    "line",
    [
        "GRANT USAGE ON *.* TO `openedx`@`%`",
        "GRANT ALL PRIVILEGES ON `other`.* TO `openedx`@`%`",
        "GRANT ALL PRIVILEGES ON `open_ed`.* TO `openedx`@`%`",
        r"GRANT ALL PRIVILEGES ON `open\_edX1`.* TO `openedx`@`%`",
        "GRANT ALL PRIVILEGES ON `open_edx`.`users` TO `openedx`@`%`",
        "GRANT PROXY ON ''@'%' TO 'root'@'localhost' WITH GRANT OPTION",
    ],
)
def test_rights_that_are_for_something_else(line: str) -> None:
    assert missing([line], "open_edx", set(NEEDED)) == NEEDED


def test_rights_that_lack_one() -> None:
    some = ", ".join(sorted(NEEDED - {"REFERENCES", "ALTER"}))
    lines = [f"GRANT {some} ON `open_edx`.* TO `openedx`@`%`", "GRANT ALTER ON *.* TO `openedx`@`%`"]
    assert missing(lines, "open_edx", set(NEEDED)) == {"REFERENCES"}


def test_administrators() -> None:
    assert missing(RDS, None, MAKER) == set()
    assert missing(["GRANT ALL PRIVILEGES ON *.* TO `a`@`%`"], None, MAKER) == {"GRANT OPTION"}
    assert (
        missing(["GRANT ALL PRIVILEGES ON `open_edx`.* TO `a`@`%` WITH GRANT OPTION"], None, MAKER) == MAKER
    )


@pytest.mark.parametrize(
    ("version", "faults", "warnings"),
    [
        ("8.4.11", 0, 0),
        ("9.1.0", 0, 0),
        ("8.0.42", 0, 1),
        ("8.0.mysql_aurora.3.08.0", 0, 1),
        ("8.0.4", 1, 0),
        ("5.7.44-log", 1, 0),
        ("10.11.19-MariaDB-0+deb12u1", 0, 1),
        ("10.5.2-MariaDB", 1, 0),
    ],
)
def test_versions(version: str, faults: int, warnings: int) -> None:
    report = Report()
    judge_version(version, "8.4", report.of("openedx:datastores.mysql", external=True))
    assert (len(report.faults), len(report.warnings)) == (faults, warnings)
