"""The time of a preview of an instance with all companion services, against that of one without any."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from openedx_infra.config.services.registry import BUILT_IN
from tests.bench import aws, stacks
from tests.bench.report import Figure

ROUNDS = 5
"""Each preview is run so often, in turns: a machine that is busy for a while slows both."""
GOAL = 1.5


def compare(folder: Path) -> list[Figure]:
    """Seconds of both previews, with nothing to do, and how they compare."""
    sections = {"without": {}, "services": {"services": {name: {} for name in BUILT_IN}}}
    commands = {}
    for name, more in sections.items():
        said = {"site": {"lms_host": f"{name}.example.org"}, "cluster": aws.embedded(name), **more}
        session = aws.stack(folder, name, said)
        stacks.up(session)
        commands[name] = stacks.preview(session)
        stacks.timed(commands[name])  # the first run fills caches
    rounds = [{name: stacks.timed(command) for name, command in commands.items()} for _ in range(ROUNDS)]
    note = f"median of {ROUNDS}, in turns: {', '.join(BUILT_IN)}"
    return [
        Figure(
            what="preview of an instance with all services",
            value=median(each["services"] for each in rounds),
            unit="s",
            note=note,
        ),
        Figure(
            what="all services : none",
            value=median(each["services"] / each["without"] for each in rounds),
            unit="x",
            goal=GOAL,
        ),
    ]
