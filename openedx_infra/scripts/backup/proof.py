"""The proof that is published after a restore test."""

import json
import os
import time
from datetime import UTC, datetime

from . import seal
from .backup_parameters import databases_dir, step


def write() -> None:
    """Write `proof.json`: which backup was restored, what was in it, when, and how long it took."""
    folder = databases_dir()
    sealed = seal.read()
    begun = (folder / seal.SEAL).stat().st_ctime  # when it was fetched
    proof = {
        "snapshot": (folder / "snapshot").read_text(encoding="utf-8"),
        "instance": sealed["instance"],
        "release": sealed["release"],
        "made": sealed["made"],
        "proved": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.time() - begun),
        "contents": seal.summary(sealed),
        "files_read": os.environ.get("FILES", "true") == "true",
    }
    (folder / "proof.json").write_text(json.dumps(proof, indent=1, sort_keys=True), encoding="utf-8")
    step(f"proved: {proof['contents']} of {proof['made']}")
