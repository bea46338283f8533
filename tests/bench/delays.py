"""The pods' own share of a roll-out's time: `up` against the delays that the simulated nodes play."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from openedx_infra.config import PROJECT
from openedx_infra.operations.engine import session
from openedx_infra.operations.engine.session import Request, Session
from openedx_infra.operations.urn import Urn
from tests.bench import aws
from tests.bench.report import Figure
from tests.bench.whole import Clock, needs

GOAL = 1.3
"""What a run may take, as a multiple of the delays on its critical path."""
REPLICAS = 2
NAME = "slow"

DELAYS = {
    ("StatefulSet", "mysql"): 15,
    ("StatefulSet", "mongodb"): 15,
    ("Job", "mysql-provision"): 5,
    ("Job", "mongodb-provision"): 5,
    ("Job", "lms-migrate"): 40,
    ("Job", "studio-migrate"): 20,
    ("Job", "lms-setup"): 10,
    ("Job", "studio-setup"): 10,
    ("Deployment", "lms"): 30,
    ("Deployment", "studio"): 30,
    ("Deployment", "mfe"): 3,
    ("Deployment", "lms-worker-default"): 30,
    ("Deployment", "studio-worker-default"): 30,
}
"""Seconds that pods take to become ready, or to complete: guesses of what a quiet node needs. Short ones make
the goal harder."""


def against_the_delays(folder: Path) -> list[Figure]:
    """`up` from nothing, of a setting, of an image: seconds, and as a multiple of the delays."""
    made = aws.stack(folder, NAME, _said())
    figures = _timed("up from nothing", made)
    _say(made, settings={"common": {"PASSWORD_RESET_IP_RATE": "1/m"}})
    figures += _timed("a changed setting", _again(made))
    _say(made, images={"openedx": "docker.io/example/openedx:2"})
    return figures + _timed("a changed image, with migrations", _again(made))


def _said() -> dict[str, Any]:
    overrides = [
        {
            "kind": kind,
            "name": name,
            "patch": {
                "spec": {"template": {"metadata": {"annotations": {"openedx-infra.test/delay": f"{delay}s"}}}}
            },
        }
        for (kind, name), delay in DELAYS.items()
    ]
    return {
        "cluster": aws.embedded(NAME),
        "site": {"lms_host": "slow.example.org"},
        "sizing": {name: {"replicas": REPLICAS} for name in ("lms", "studio", "mfe")},
        "overrides": overrides,
    }


def _say(made: Session, **sections: Any) -> None:
    path = made.file.path
    content = yaml.safe_load(path.read_text())
    content["config"] |= {f"{PROJECT}:{key}": value for key, value in sections.items()}
    path.write_text(yaml.safe_dump(content))


def _again(made: Session) -> Session:
    return session.begin(Request(name=NAME, config_file=made.file.path), Console(quiet=True))


def _timed(what: str, made: Session) -> list[Figure]:
    """Seconds of a run, all of it: start, plan, work and end."""
    clock = Clock()
    begin = time.monotonic()
    made.verbs(clock).up()
    seconds = time.monotonic() - begin
    known = {each["urn"]: each for each in made.live.state()["deployment"]["resources"] if each["custom"]}
    ideal, chain = _critical(known, clock)
    return [
        Figure(what=what, value=seconds, unit="s", note=f"delays: {' + '.join(chain)} = {ideal} s"),
        Figure(what=f"{what} : its delays", value=seconds / ideal, unit="x", goal=GOAL),
    ]


def _critical(known: Mapping[str, Mapping[str, Any]], clock: Clock) -> tuple[int, list[str]]:
    """The sum of the delays on the path that has most of them, and what they are of."""

    @cache
    def path_to(urn: str) -> tuple[int, tuple[str, ...]]:
        before = max((path_to(each) for each in needs(known, urn)), default=(0, ()))
        own = _delay(Urn(urn), clock.ops.get(urn, "same"))
        return before[0] + own, (*before[1], f"{Urn(urn).name} {own}") if own else before[1]

    most, chain = max(path_to(urn) for urn in known)
    return most, list(chain)


def _delay(urn: Urn, op: str) -> int:
    """What a step on a resource must wait for. Pods of a changed Deployment are replaced one by one."""
    if op == "same":
        return 0
    one_by_one = REPLICAS if op == "update" and urn.name in ("lms", "studio", "mfe") else 1
    return DELAYS.get((urn.kind, urn.name), 0) * one_by_one
