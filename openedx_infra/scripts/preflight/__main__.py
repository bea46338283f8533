"""`python -m preflight`: checks each store, and fails if one isn't fit."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from . import buckets, mail, mongodb, mysql, network, proxy, search, valkey
from .report import Fault, Findings, Report

CHECKS = {
    "mysql": mysql.check,
    "mongodb": mongodb.check,
    "broker": valkey.check_broker,
    "cache": valkey.check_cache,
    "search": search.check,
    "storage": buckets.check,
    "mail": mail.check,
    "proxy": proxy.check,
}
"""How each store is looked at, by its name in `Connections`; and the proxy."""


def main() -> int:
    """Look at all stores, say everything that is wrong at once, and tell by the code whether any is."""
    folder = Path(os.environ.get("PARAMETERS_DIR", "/openedx/parameters"))
    told: dict[str, Any] = json.loads((folder / "preflight.json").read_text(encoding="utf-8"))
    stores: dict[str, Any] = told["stores"]
    network.trust(told["authorities"])
    report = Report()
    if "proxy" in told:
        _look("proxy", told["proxy"], report.of("openedx:network.proxy", external=True))
    for name, store in stores.items():
        _look(name, store, report.of(store["key"], external=store["external"]))
    return report.close()


def _look(name: str, store: dict[str, Any], findings: Findings) -> None:
    findings.note(f"looking at {name}")
    try:
        CHECKS[name](store, findings)
    except Fault as fault:
        findings.fault(fault.text, fault.field)
    except Exception as error:  # the other stores shall be looked at, too
        findings.fault(f"it can't be looked at ({type(error).__name__}: {' '.join(str(error).split())})")


if __name__ == "__main__":
    sys.exit(main())
