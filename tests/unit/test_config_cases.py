"""Every case of tests/cases is accepted, or refused with exactly the lines at its head."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from openedx_infra.config import PROJECT, SECRETS_KEY, ConfigError, Stack, load
from openedx_infra.config.documentation.schema import json_schema
from openedx_infra.config.errors.key_paths import UNION_KEY, branches, sections
from openedx_infra.config.secrets.needed import missing
from openedx_infra.config.sections.lifecycle import Maintenance
from openedx_infra.config.sections.site import Site
from openedx_infra.config.sizing.sizing import Resources
from openedx_infra.config.types.base import Section

CASES = sorted(Path(__file__).parents[1].glob("cases/*.yaml"))
RIGHT = [case for case in CASES if case.name.split(".")[1] == "ok"]
SCHEMA = jsonschema.Draft202012Validator(json_schema())


def said_in(case: Path) -> dict[str, Any]:
    """What a case says, by top-level key."""
    config = yaml.safe_load(case.read_text(encoding="utf-8"))["config"]
    return {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()}


def problems_of(case: Path) -> list[str]:
    """What is wrong with a case, as an operator would read it."""
    said = said_in(case)
    try:
        stack = load("case", said)
    except ConfigError as error:
        return list(error.problems)
    return missing(stack, set(said[SECRETS_KEY])) if SECRETS_KEY in said else []


def elided(problems: Iterable[str], expected: Iterable[str]) -> list[str]:
    """The problems, cut where the expected line ends with `…`: a new key lengthens such lists of all keys."""
    pairs = zip_longest(problems, expected, fillvalue="")
    return [
        wanted if wanted.endswith("…") and line.startswith(wanted[:-1]) else line for line, wanted in pairs
    ]


def expected_of(case: Path) -> list[str]:
    """The comment lines at the head of a case of error."""
    if case in RIGHT:
        return []
    lines = case.read_text(encoding="utf-8").splitlines()
    return [
        line.removeprefix("# ")
        for line in lines[: lines.index("config:" if "config:" in lines else "config: {}")]
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(case: Path) -> None:
    expected = expected_of(case)
    assert elided(problems_of(case), expected) == expected


@pytest.mark.parametrize("case", [case for case in CASES if case not in RIGHT], ids=lambda case: case.stem)
def test_wrong_cases_say_what_is_wrong(case: Path) -> None:
    assert expected_of(case), "a case of error begins with the lines that it expects, as comments"


def test_messages_list_all_keys_and_all_sources() -> None:
    """Cases leave these lists out."""
    config = {"site": "campus", "maintenance": {"pgae": True}, "mail": {"delivery": {"source": "pigeon"}}}
    with pytest.raises(ConfigError) as caught:
        load("case", config)
    keys = {section: ", ".join(sorted(section.model_fields)) for section in (Site, Maintenance)}
    assert list(caught.value.problems) == [
        f'openedx:site: "campus" is not a map of keys: write under it some of {keys[Site]}',
        f"openedx:maintenance.pgae: unknown key; did you mean `page`? Known here: {keys[Maintenance]}",
        'openedx:mail.delivery.source: "pigeon" is not known here: write one of relay, ses, smtp',
    ]


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.stem)
def test_editors_accept_right_cases(case: Path) -> None:
    SCHEMA.validate(json.loads(json.dumps(yaml.safe_load(case.read_text(encoding="utf-8")))))


def fields_said(section: type[Section], said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Class and name of every field that is said."""
    if not isinstance(said, Mapping):  # a name beside references to secrets
        return
    for name, value in said.items():
        if name not in section.model_fields:
            continue
        yield section.__name__, name
        annotation = section.model_fields[name].annotation
        for inner, content in _inner(annotation, value):
            yield from fields_said(inner, content)


def _inner(annotation: Any, value: Any) -> Iterator[tuple[type[Section], Mapping[str, Any]]]:
    if isinstance(value, str):  # which stands for a map in some places
        return
    if choice := branches(annotation):
        yield choice[value[UNION_KEY]], value
        return
    yield from ((section, value) for section in sections(annotation))
    origin = getattr(annotation, "__origin__", None)
    held = {dict: lambda: value.values(), tuple: lambda: value}.get(origin or object)
    if held:
        for section in sections(annotation.__args__[-1 if origin is dict else 0]):
            yield from ((section, content) for content in held())


def all_fields(section: type[Section]) -> Iterator[tuple[str, str]]:
    """Class and name of every field of every section there is."""
    for name, field in section.model_fields.items():
        yield section.__name__, name
        arguments = getattr(field.annotation, "__args__", ())
        for annotation in (field.annotation, *arguments):
            for inner in sections(annotation):
                yield from all_fields(inner)


ELSEWHERE = {("Stack", "aws"), ("Stack", "foundation"), ("Stack", "services"), ("Stack", "development")}
"""Fields that everything.ok.yaml has not: its graph shall need neither AWS nor another stack, companion
services have tests of their own, and a development instance has nothing of production."""


def test_right_cases_say_every_field_of_every_branch() -> None:
    said = {pair for case in RIGHT for pair in fields_said(Stack, said_in(case))}
    assert sorted(set(all_fields(Stack)) - said) == []


def test_one_case_says_everything_but_the_other_branches() -> None:
    everything = next(case for case in CASES if case.name == "everything.ok.yaml")
    said = set(fields_said(Stack, said_in(everything)))
    sections_of_it = {section for section, _ in said}
    missing_there = {pair for pair in all_fields(Stack) if pair[0] in sections_of_it} - said
    assert missing_there == ELSEWHERE


def test_every_workload_is_sized_in_full() -> None:
    sizing = said_in(next(case for case in CASES if case.name == "everything.ok.yaml"))["sizing"]
    for name, said in sizing.items():
        if name not in ("profile", "priority_classes") and not name.endswith("_workers"):
            assert said.keys() >= Resources.model_fields.keys(), name
