"""Options of a MySQL server that migrations and many processes depend on."""

from collections.abc import Mapping

from .report import Findings

ASKED = (
    "sql_require_primary_key",
    "sql_generate_invisible_primary_key",
    "max_execution_time",
    "max_statement_time",
    "max_connections",
    "wait_timeout",
)
"""Variables to ask for; MariaDB lacks the first three, MySQL the fourth."""
LEAST_SECONDS = 300
"""Seconds that a statement may need: reports and migrations of large tables take minutes (a guess)."""
LEAST_CONNECTIONS = 151
"""MySQL's own default, which is enough for some hundred processes of the platform."""
KEPT_SECONDS = 60
"""For so long the platform keeps a connection that nobody uses (CONN_MAX_AGE)."""


def judge(values: Mapping[str, str], findings: Findings) -> None:
    """Say which options of a server are unfit, by their names and values in SHOW GLOBAL VARIABLES."""
    _primary_keys(values, findings)
    seconds = max(
        float(values.get("max_statement_time", 0)), float(values.get("max_execution_time", 0)) / 1000
    )
    if 0 < seconds < LEAST_SECONDS:
        name = "max_statement_time" if float(values.get("max_statement_time", 0)) else "max_execution_time"
        findings.warn(
            f"it ends statements after {seconds:.0f} s ({name}), which large reports and migrations may need "
            "longer: set it to 0"
        )
    if (most := int(values.get("max_connections", LEAST_CONNECTIONS))) < LEAST_CONNECTIONS:
        findings.warn(
            f"it takes {most} connections at a time, and each process of the platform keeps one: raise "
            f"max_connections to {LEAST_CONNECTIONS} or more"
        )
    if (idle := int(values.get("wait_timeout", KEPT_SECONDS))) < KEPT_SECONDS:
        findings.warn(
            f"it hangs up after {idle} s without a question (wait_timeout), and the platform keeps "
            f"connections for {KEPT_SECONDS} s: raise it"
        )


def _primary_keys(values: Mapping[str, str], findings: Findings) -> None:
    if values.get("sql_require_primary_key") != "ON":
        return
    if values.get("sql_generate_invisible_primary_key") == "ON":
        findings.warn(
            "it demands primary keys (sql_require_primary_key), and a migration that replaces one would fail "
            "half-way: set it to OFF for upgrades"
        )
        return
    findings.fault(
        "it refuses tables without a primary key (sql_require_primary_key), which migrations make for a "
        "moment, and would fail half-way: set sql_require_primary_key to OFF, or "
        "sql_generate_invisible_primary_key to ON"
    )
