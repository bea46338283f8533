"""How much longer does a preview of the whole instance take than one of nothing?"""

from __future__ import annotations

from pathlib import Path
from statistics import median

from tests.bench import stacks
from tests.bench.report import Figure

ROUNDS = 5
"""Each preview is run so often, in turns: a machine that is busy for a while slows all of them."""
GOAL = 2.0


def compare(folder: Path) -> list[Figure]:
    """Seconds of each preview, and how they compare."""
    kubeconfig = str(stacks.dev().address.kubeconfig)
    commands = {
        "whole": stacks.dev_preview(),
        "empty": stacks.program(folder, "empty", stacks.EMPTY),
        "one": stacks.program(folder, "one", stacks.WITH_PROVIDER.format(kubeconfig=kubeconfig)),
    }
    for command in commands.values():
        stacks.timed(command)  # the first run fills caches, of files and of the engine
    rounds = [{name: stacks.timed(command) for name, command in commands.items()} for _ in range(ROUNDS)]
    times = {name: median(each[name] for each in rounds) for name in commands}
    what = f"median of {ROUNDS}, in turns"
    return [
        Figure(what="preview of the whole dev instance", value=times["whole"], unit="s", note=what),
        Figure(
            what="preview of an empty program", value=times["empty"], unit="s", note="no provider is loaded"
        ),
        Figure(
            what="preview of one namespace",
            value=times["one"],
            unit="s",
            note="loads the Kubernetes provider",
        ),
        _ratio("whole instance : empty program", rounds, "empty"),
        _ratio("whole instance : one namespace", rounds, "one"),
    ]


def _ratio(what: str, rounds: list[dict[str, float]], base: str) -> Figure:
    ratio = median(each["whole"] / each[base] for each in rounds)
    return Figure(what=what, value=ratio, unit="x", goal=GOAL)
