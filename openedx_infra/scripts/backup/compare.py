"""Compares the rows and documents in the databases with those of a backup."""

from collections.abc import Iterator, Mapping

from . import mongodb, rows, seal
from .backup_parameters import Refused, parameters, step


def compare() -> None:
    """Count rows and documents, and raise Refused where they are others than when the backup was made."""
    sealed, config = seal.read(), parameters()
    faults = []
    for name, now in rows.now(sealed["rows"]).items():
        faults += [f"{name}.{line}" for line in _differences(sealed["rows"][name], now, "rows")]
    if "mongodb" in config:
        faults += _differences(sealed["documents"], mongodb.counts(), "documents")
    if faults:
        raise Refused(f"what was restored is not what was kept: {'; '.join(faults)}")
    step(f"as when it was kept: {seal.summary(sealed)}")


def _differences(backup: Mapping[str, int], now: Mapping[str, int], what: str) -> Iterator[str]:
    for name in sorted({*backup, *now}):
        if backup.get(name) != now.get(name):
            yield f"{name}: {now.get(name, 'no')} {what}, kept {backup.get(name, 'none')}"
