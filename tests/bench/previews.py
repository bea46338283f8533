"""The time of a preview of a whole instance, against that of nothing."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from tests.bench import aws, stacks
from tests.bench.report import Figure

ROUNDS = 5
"""Each preview is run so often, in turns: a machine that is busy for a while slows all of them."""
GOAL, GOAL_OF_PROD = 2.0, 2.5


def compare(folder: Path) -> list[Figure]:
    """Seconds of each preview, and how they compare."""
    kubeconfig = stacks.kubeconfig()
    commands = {
        "whole": stacks.dev_preview(),
        "prod": stacks.preview(aws.prod(folder)),
        "empty": stacks.program(folder, "empty", stacks.EMPTY),
        "one": stacks.program(folder, "one", stacks.WITH_PROVIDER.format(kubeconfig=kubeconfig)),
    }
    for command in commands.values():
        stacks.timed(command)  # the first run fills caches, of files and of the engine
    rounds = [{name: stacks.timed(command) for name, command in commands.items()} for _ in range(ROUNDS)]
    told = {
        "whole": ("preview of the whole dev instance", f"median of {ROUNDS}, in turns"),
        "prod": ("preview of the production example", "all on AWS, which is simulated; all MFEs"),
        "empty": ("preview of an empty program", "no provider is loaded"),
        "one": ("preview of one namespace", "loads the Kubernetes provider"),
    }
    return [
        *(
            Figure(what=what, value=median(each[name] for each in rounds), unit="s", note=note)
            for name, (what, note) in told.items()
        ),
        _ratio("whole instance : empty program", rounds, ("whole", "empty"), GOAL),
        _ratio("whole instance : one namespace", rounds, ("whole", "one"), GOAL),
        _ratio("production example : empty program", rounds, ("prod", "empty"), GOAL_OF_PROD),
    ]


def _ratio(what: str, rounds: list[dict[str, float]], names: tuple[str, str], goal: float) -> Figure:
    ratio = median(each[names[0]] / each[names[1]] for each in rounds)
    return Figure(what=what, value=ratio, unit="x", goal=goal)
