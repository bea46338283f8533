"""Former keys of stack files are read with a note, then refused, and renamed with their comments."""

from __future__ import annotations

import io
import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console
from ruamel.yaml import YAML
from said import said_for
from samples import LEAST
from test_config_properties import UNHURRIED, loaded
from typer.testing import CliRunner

from openedx_infra.config import PROJECT, ConfigError, Stack, load
from openedx_infra.config.load import examine
from openedx_infra.config.renamed_keys import reading
from openedx_infra.config.renamed_keys.reading import former_keys, program_version, renewed
from openedx_infra.config.renamed_keys.renamed_key import RenamedKey
from openedx_infra.config.renamed_keys.table import RENAMED_KEYS
from openedx_infra.operations.cli.app import app
from openedx_infra.operations.configuration import migrate
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.offline.check import check
from openedx_infra.operations.stack_files import stack_file

TEXT = """\
# Campus.
config:
  openedx:site:
    lms_host: learn.example.org
    tls:
      source: cert-manager
      # Signed by the office.
      cluster_issuer: campus  # theirs

  # Off for now.
  openedx:sizing: {profile: small}
  openedx:secrets:
    mysql_password: {secure: v1:hidden}
encryptionsalt: v1:salt
"""


def row(old: str, new: str, **more: Any) -> RenamedKey:
    return RenamedKey(old=tuple(old.split(".")), new=tuple(new.split(".")), since=(0, 1), **more)


TABLE = (
    row("site.title", "site.name"),
    row("site.hosts.lms", "site.lms_host"),
    row("version", "release"),
    row("sizing.*.count", "sizing.*.replicas"),
    row("site.plan", "sizing.profile"),
    row("former.of.all.mail", "mail"),
    row("site.options", "settings"),
)
"""Renamed in place, moved up and down, with any name in the path, and whole sections."""
AGED = tuple(replace(each, old=each.new, new=each.old) for each in reversed(TABLE))


def aged(said: dict[str, Any]) -> dict[str, Any]:
    """The same file as it was written before the renamings."""
    for each in AGED:
        said = renewed(said, former_keys(said, table=[each]))
    return said


class _Dumper(yaml.SafeDumper):
    """Writes each value on one line, and no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style='"' if re.search(r"[\n\x85\u2028\u2029]", text) else None
    ),
)


def commented(said: dict[str, Any], chance: random.Random) -> str:
    """A stack file with comments above and beside its lines."""
    content = {"config": {f"{PROJECT}:{key}": value for key, value in said.items()}}
    lines: list[str] = []
    for number, line in enumerate(yaml.dump(content, Dumper=_Dumper, width=10**6).splitlines()):
        indent = line[: len(line) - len(line.lstrip())]
        if line.lstrip().startswith(("? ", ": ")):  # where ruamel loses its way among comments
            lines.append(line)
            continue
        lines += [f"{indent}# above {number}."] if chance.random() < 0.3 else []
        lines += [line + (f"  # beside {number}." if chance.random() < 0.3 else "")]
        lines += [""] if chance.random() < 0.1 else []
    return "\n".join(lines) + "\n"


def values(text: str) -> dict[str, Any]:
    config = YAML(typ="safe", pure=True).load(text)["config"]
    return {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()}


@UNHURRIED
@given(said_for(Stack), st.randoms(use_true_random=False))
def test_a_right_file_is_the_same_stack_with_former_keys_and_migrated(
    said: dict[str, Any], chance: random.Random
) -> None:
    stack = loaded(said)
    old = aged(said)
    text = commented(old, chance)
    found = former_keys(values(text), table=TABLE)
    assert {each.row.old for each in former_keys(said, table=AGED)} == {each.row.new for each in found}
    assert load("campus", renewed(values(text), found)) == stack
    after = migrate.migrated(text, found)
    assert load("campus", values(after)) == stack
    assert former_keys(values(after), table=TABLE) == []
    assert Counter(re.findall(r"# (?:above|beside) \d+\.", after)) == Counter(
        re.findall(r"# (?:above|beside) \d+\.", text)
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "Pulumi.campus.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=10)
@given(st.from_regex(r"[a-z]{1,9}", fullmatch=True))
def test_a_cluster_issuer_is_an_issuer_by_another_name(name: str) -> None:
    def site(**tls: Any) -> Stack:
        return load(
            "campus", {"site": {"lms_host": "a.example.org", "tls": {"source": "cert-manager", **tls}}}
        )

    assert site(cluster_issuer=name) == site(issuer={"source": "cluster-issuer", "name": name})


def test_a_former_key_is_read_with_a_note(path: Path) -> None:
    [note] = [each for each in check("campus", path).notes if "cluster_issuer" in each]
    assert note == (
        "openedx:site.tls.cluster_issuer: is named openedx:site.tls.issuer, as {source: cluster-issuer, "
        "name: NAME} since version 0.1; version 0.2 no longer reads it: "
        "`openedx-infra migrate-config --stack campus` renames it"
    )
    assert stack_file.read("campus", path).values["site"]["tls"]["issuer"]["name"] == "campus"


def test_after_one_minor_version_it_is_refused_with_the_remedy(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "version", lambda name: "0.2.0")
    with pytest.raises(ConfigError) as caught:
        check("campus", path)
    [line] = [each for each in caught.value.problems if "issuer" in each]
    assert line == (
        "openedx:site.tls.cluster_issuer: was renamed to openedx:site.tls.issuer in version 0.1, and is no "
        "longer read since 0.2: `openedx-infra migrate-config --stack campus` renames it"
    )
    assert stack_file.examined(stack_file.read("campus", path)).stack, "the rest is judged"


def test_a_former_key_beside_the_new_one_is_refused_and_nothing_is_written(path: Path) -> None:
    path.write_text(TEXT.replace("      # Signed", "      issuer: {source: self-signed}\n      # Signed"))
    before = path.read_text(encoding="utf-8")
    found = examine("campus", stack_file.read("campus", path).values)
    [line] = [each for each in found.problems if "issuer" in each]
    assert "is the former name of openedx:site.tls.issuer, which is there, too: remove one" in line
    with pytest.raises(OperationError, match="which is there, too"):
        migrate.migrate("campus", path, Console(file=io.StringIO()), None)
    assert path.read_text(encoding="utf-8") == before


def run(path: Path, *arguments: str) -> tuple[int, str]:
    command = ["migrate-config", "--stack", "campus", "--config-file", str(path), *arguments]
    done = CliRunner().invoke(app, command)
    return done.exit_code, done.output


def test_the_verb_shows_the_diff_asks_and_keeps_comments_and_secrets(path: Path) -> None:
    code, output = run(path, "--check")
    assert code == 1 and path.read_text(encoding="utf-8") == TEXT
    assert "-      cluster_issuer: campus  # theirs" in output and "v1:hidden" not in output
    consoles = Console(file=io.StringIO())
    assert migrate.migrate("campus", path, consoles, lambda question: False)
    assert path.read_text(encoding="utf-8") == TEXT, "the answer was no"
    assert run(path, "--yes")[0] == 0
    assert path.read_text(encoding="utf-8") == TEXT.replace(
        "cluster_issuer: campus  #", "issuer: {source: cluster-issuer, name: campus} #"
    )
    assert run(path, "--check") == (0, "Pulumi.campus.yaml: no key of it has another name now.\n")


def test_without_a_terminal_nothing_is_written_unasked(path: Path) -> None:
    code, _ = run(path)
    assert code == 1 and path.read_text(encoding="utf-8") == TEXT


def test_every_row_leads_to_a_key_that_there_is() -> None:
    """By the models: the old key is refused where the table doesn't know it, and the new one isn't."""
    for each in RENAMED_KEYS:
        assert len([part for part in each.old if part == "*"]) == len(
            [part for part in each.new if part == "*"]
        )
        assert each.since <= program_version(), "or nobody reads the former key yet"
    assert len({each.old for each in RENAMED_KEYS}) == len(RENAMED_KEYS)


def test_what_is_no_map_on_the_way_is_left_to_the_models() -> None:
    found = examine("campus", {**LEAST, "site": {"lms_host": "a.example.org", "tls": "yes"}})
    assert len(found.problems) == 1 and found.problems[0].startswith("openedx:site.tls: ")


def test_a_former_key_that_an_anchor_repeats_is_left_to_the_operator() -> None:
    text = (
        "config:\n  openedx:site: &site {lms_host: a.example.org, title: A}\n"
        "  openedx:other:\n    <<: *site\n    x: 1\n"
    )
    found = former_keys(values(text), table=TABLE)
    with pytest.raises(OperationError, match=r"rename by hand\n  - openedx:site.title: to openedx:site.name"):
        migrate.migrated(text, found)


def test_the_page_has_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs/versions.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)`(.*) \| ([\d.]+) \| ([\d.]+) \|$", page, re.MULTILINE)
    assert rows == [
        (
            ".".join(each.old),
            ".".join(each.new),
            f", as `{each.how}`" if each.how else "",
            "{}.{}".format(*each.since),
            "{}.{}".format(*each.since),
        )
        for each in RENAMED_KEYS
    ]
