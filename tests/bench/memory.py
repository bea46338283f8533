"""Memory of the program, and modules that it imports without need."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from openedx_infra.operations.stack_files.checkout import CHECKOUT
from tests.bench import stacks
from tests.bench.report import Figure

GOAL_MB = 250
POLL_SECONDS = 0.02
LANGUAGE_HOST = "pulumi-language-python-exec"
"""The script of Pulumi's by which a process is known to be the program."""

_IMPORTED = """
import sys
from openedx_infra.operations.offline.check import recorded
from openedx_infra.operations.secrets import secrets
from openedx_infra.operations.stack_files import stack_file
stack = stack_file.validated(stack_file.read("dev"))
recorded(stack, secrets.stand_ins(stack))
print(*(name for name in sys.modules if name.partition(".")[0] == "pulumi_aws"))
"""


@contextmanager
def peak() -> Iterator[list[int]]:
    """The most bytes, in a list of one, that a program under way takes until the block ends."""
    done, most = threading.Event(), [0]

    def watch() -> None:
        while not done.wait(POLL_SECONDS):
            most[0] = max(most[0], *_peaks(), 0)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()


def of_program() -> list[Figure]:
    """The most that the program's process takes in a preview, and what it imports of AWS."""
    with peak() as most:
        stacks.timed(stacks.dev_preview())
    aws = subprocess.check_output([sys.executable, "-c", _IMPORTED], cwd=CHECKOUT, text=True).split()
    return [
        Figure(what="peak memory of the program", value=most[0] / 1e6, unit="MB", goal=GOAL_MB),
        Figure(what="modules of pulumi_aws in it", value=len(aws), unit="", goal=0),
    ]


def _peaks() -> Iterator[int]:
    """Bytes that each program under way has taken at most so far."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if not any(word.endswith(LANGUAGE_HOST.encode()) for word in words):
                continue
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
            yield int(status["VmHWM"].split()[0]) * 1024
        except (OSError, KeyError):  # it ended meanwhile
            continue
