"""The page of the first day works as printed, line by line, on a cluster that its stack file names.

Three things are added to its lines: `init` is given the embedded cluster, questions are answered by `--yes`,
and secrets come from standard input. Lines of others (k3s, kubectl), and the interactive way to `init`, are
left out. On simulated nodes no container runs: what would need one has to end by saying so.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from checkouts import SECONDS, Checkout, Said

from tools.control_plane import CONTEXT

pytestmark = pytest.mark.engine

PAGE = Path(__file__).parents[2] / "docs/first-day.md"
COMMAND = ".venv/bin/openedx-infra"
IN_CONTAINERS = ("users", "courses", "manage", "logs")
"""Verbs that need a container that runs."""
ASKING = ("up", "destroy")


def lines() -> list[str]:
    """The page's calls of `openedx-infra`, in order."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith(COMMAND)]


LINES = lines()


def verb(line: str) -> str:
    return line.split()[1]


@dataclass
class Walk:
    """A user who types the lines of the page one after the other."""

    checkout: Checkout
    answers: list[Said] = field(default_factory=list)
    """What was answered to the lines so far."""

    def answer(self, number: int) -> Said:
        """What is answered to a line, after all lines before it."""
        while len(self.answers) <= number:
            self.answers.append(self._type(LINES[len(self.answers)]))
        return self.answers[number]

    def after(self, *words: str) -> Said:
        """What is answered to the first line with these words."""
        return self.answer(next(n for n, line in enumerate(LINES) if f" {' '.join(words)} " in f"{line} "))

    def config(self) -> dict[str, dict[str, object]]:
        """The stack file as it is now."""
        text = (self.checkout.folder / "Pulumi.campus.yaml").read_text(encoding="utf-8")
        config: dict[str, dict[str, object]] = yaml.safe_load(text)["config"]
        return config

    def _type(self, line: str) -> Said:
        if verb(line) == "init":
            line += f" --context {CONTEXT} --kubeconfig {self.checkout.state}/cluster/kubeconfig"
        elif verb(line) in ASKING:
            line += " --yes"
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.checkout.folder,
            env=self.checkout.environment,
            input="of-a-provider\n",
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert "Traceback (most recent" not in done.stdout + done.stderr, done.stdout + done.stderr
        return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def walk(checkout: Checkout) -> Iterator[Walk]:
    """The user, in a clone, with a cluster that runs."""
    assert checkout.run("openedx-infra", "preview").code == 0  # it starts the cluster
    yield Walk(checkout)
    (checkout.folder / "Pulumi.campus.yaml").unlink(missing_ok=True)


@pytest.mark.parametrize("number", range(len(LINES)), ids=lambda number: LINES[number].partition(" ")[2][:40])
def test_every_line_does_what_it_should(walk: Walk, number: int) -> None:
    said = walk.answer(number)
    if verb(LINES[number]) in IN_CONTAINERS:
        assert said.code == 1, said.text
        assert "containers don't run" in said.text
    else:
        assert said.code == 0, said.text


def test_the_way_is_whole() -> None:
    walked = [verb(line) for line in LINES]
    assert [*dict.fromkeys(walked)][:5] == ["init", "check", "secrets", "up", "status"]
    assert {*IN_CONTAINERS, "config", "backup"} <= {*walked} and walked[-1] == "destroy"


def test_init_leaves_nothing_to_decide(walk: Walk) -> None:
    assert "Pulumi.campus.yaml is written" in walk.after("init").out
    assert "CHANGEME" not in yaml.safe_dump(walk.config())
    assert "is right" in walk.after("check").out


def test_up_brings_a_whole_site_with_the_hosts_of_the_page(walk: Walk) -> None:
    assert "https://learn.example.org" in walk.after("up").out
    said = walk.after("outputs").out
    assert "https://studio.learn.example.org" in said and "https://apps.learn.example.org" in said


def test_mail_and_backups_are_in_the_stack_file_and_secrets_are_not_readable(walk: Walk) -> None:
    walk.after("backup")
    config = walk.config()
    assert config["openedx:mail"]["delivery"] == {
        "source": "smtp",
        "host": "smtp.example.org",
        "username": "campus",
    }
    assert config["openedx:backups"]["destination"]["bucket"] == "campus-backups"
    secrets = config["openedx:secrets"]
    for name in ("mail_password", "backup_access_key", "backup_secret_key", "backup_password"):
        assert list(secrets[name]) == ["secure"]
    assert "of-a-provider" not in yaml.safe_dump(config)


def test_destroy_keeps_the_data(walk: Walk) -> None:
    said = walk.after("destroy")
    assert "mysql" in said.out and "Namespace" in said.out, said.text
