"""The generated files are fresh, and Pulumi.yaml and the stack files agree with the models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from samples import DIGEST, decide, decided

from openedx_infra.config import (
    PROJECT,
    BaseStack,
    ConfigError,
    Foundation,
    Stack,
    describe,
    load,
)
from openedx_infra.config.documentation.reference import (
    FOLDER,
    files,
    foundation_markdown,
    reference_markdown,
)
from openedx_infra.config.documentation.schema import json_schema
from openedx_infra.config.errors.key_paths import sections
from openedx_infra.config.secrets.catalogue import SECRETS
from openedx_infra.config.types.base import Section
from openedx_infra.config.types.descriptions import descriptions

ROOT = Path(__file__).parents[2]
SCHEMA = jsonschema.Draft202012Validator(json_schema())
SCHEMAS = {
    "instance": (SCHEMA, "stack.schema.json"),
    "foundation": (jsonschema.Draft202012Validator(json_schema(Foundation)), "foundation.schema.json"),
}
EXAMPLES = ROOT / "docs" / "examples"
STACK_FILES = sorted([*ROOT.glob("Pulumi.*.yaml"), *EXAMPLES.glob("Pulumi.*.yaml")])
BY_DIGEST = (ROOT / "Pulumi.prod.yaml", EXAMPLES / "Pulumi.nodes.yaml")
FOR_LEARNERS = (*BY_DIGEST, EXAMPLES / "Pulumi.server.yaml")


def said_in(text: str) -> dict[str, Any]:
    """What a stack file says, by top-level key."""
    config: dict[str, Any] = yaml.safe_load(text)["config"]
    assert all(key.startswith(f"{PROJECT}:") for key in config)
    return {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()}


def all_sections(section: type[Section] = Stack) -> Iterator[type[Section]]:
    """Every section of the models."""
    yield section
    for field in section.model_fields.values():
        for annotation in (field.annotation, *getattr(field.annotation, "__args__", ())):
            for inner in sections(annotation):
                yield from all_sections(inner)


@pytest.mark.parametrize("name", files())
def test_generated_files_are_fresh(name: str) -> None:
    assert (ROOT / FOLDER / name).read_text(encoding="utf-8") == files()[name], "run `make docs`"


@pytest.mark.parametrize("model", [Stack, Foundation])
def test_the_schema_is_a_schema(model: type[BaseStack]) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema(model))


def test_every_key_is_documented() -> None:
    for section in {*all_sections(), *all_sections(Foundation)}:
        assert section.__doc__, section
        for name in section.model_fields:
            assert descriptions(section).get(name), f"{section.__name__}.{name} has no docstring"


def test_the_reference_has_every_secret() -> None:
    text = reference_markdown()
    for secret in SECRETS:
        assert f"\n| `{secret.name}` |" in text


@pytest.mark.parametrize(
    ("model", "text"), [(Stack, reference_markdown()), (Foundation, foundation_markdown())]
)
def test_the_references_have_every_key_and_no_dead_link(model: type[BaseStack], text: str) -> None:
    for section in set(all_sections(model)):
        table = text.partition(f'<a id="{section.__name__.lower()}"></a>')[2].partition("<a id=")[0]
        for name in section.model_fields:
            assert f"\n| `{name}` |" in table, f"{section.__name__}.{name}"
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= set(re.findall(r'<a id="([^"]*)">', text))


def test_immutable_keys_say_so_in_both_references() -> None:
    row = next(line for line in reference_markdown().splitlines() if line.startswith("| `lms_host` |"))
    assert "**immutable**" in row
    assert "Can't be changed" in json_schema()["$defs"]["Site"]["properties"]["lms_host"]["description"]
    assert "Can't be changed" not in json_schema()["$defs"]["Site"]["properties"]["name"]["description"]


def test_pulumi_yaml_adds_no_key_and_no_rule_of_its_own() -> None:
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert project["name"] == PROJECT
    for key, entry in project["config"].items():
        # A `type` would let Pulumi refuse a file before the program can explain it whole.
        assert entry.keys() == {"description", "default"}, key
        assert entry["default"] == Stack.model_fields[key].default, key


def test_pulumi_remembers_kind_and_release_of_every_update() -> None:
    """Upgrades and rollbacks compare releases, though most stack files leave this key to its default."""
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert project["config"].keys() == {"kind", "release"}


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.name)
def test_stack_files_suit_schema_and_models_once_decided(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    schema, name = SCHEMAS[describe(path.name.split(".")[1], decided(path)).kind]
    schema.validate(yaml.safe_load(decide(text)))
    assert text.startswith(f"# yaml-language-server: $schema={FOLDER}/{name}\n")


@pytest.mark.parametrize("path", FOR_LEARNERS, ids=lambda path: path.name)
def test_examples_for_learners_refuse_to_run_undecided(path: Path) -> None:
    said = said_in(path.read_text(encoding="utf-8"))
    with pytest.raises(ConfigError) as caught:
        load("a", said)
    undecided = [problem for problem in caught.value.problems if "still says CHANGEME" in problem]
    tags = [problem for problem in caught.value.problems if "is a tag" in problem]
    assert len(undecided) == yaml.safe_dump(said).count("CHANGEME")
    assert len(undecided) + len(tags) == len(caught.value.problems) and bool(tags) == (path in BY_DIGEST)
    assert load("a", said, placeholders=True).cluster.context in ("facade00", "default")


def test_the_example_of_a_foundation_shows_every_section_and_refuses_to_run_undecided() -> None:
    said = said_in((ROOT / "Pulumi.foundation.yaml").read_text(encoding="utf-8"))
    assert said.keys() == Foundation.model_fields.keys()
    with pytest.raises(ConfigError) as caught:
        describe("a", said)
    undecided = [problem for problem in caught.value.problems if "still says CHANGEME" in problem]
    assert len(undecided) == len(caught.value.problems) == yaml.safe_dump(said).count("CHANGEME")


def test_the_example_of_a_foundation_is_right_with_all_that_it_mentions() -> None:
    """What stands there as a comment is what an operator will take the mark from."""
    text = (ROOT / "Pulumi.foundation.yaml").read_text(encoding="utf-8")
    head, mark, tail = text.partition("# --- Operators")
    tail = re.sub(r"^    # ( *[a-z_]+:.*)$", r"    \1", tail, flags=re.MULTILINE)
    foundation = describe("a", said_in(decide(head + mark + tail.replace("addons: {}", "addons:"))))
    assert isinstance(foundation, Foundation)
    assert len(foundation.addons.operators) == 3
    assert len(foundation.datastores.shared) == 5


def test_the_example_on_aws_shows_every_section() -> None:
    text = (ROOT / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    left_out = {"kind", "foundation", "blue_green", "services", "development"}
    assert said_in(text).keys() == Stack.model_fields.keys() - left_out
    assert "# openedx:foundation:" in text, "it stands alone, and says how it would not"
    assert "# openedx:services:" in text, "it runs no companion service, and shows how it would"
    assert "# openedx:blue_green:" in text, "it has one version, and says how it would have two"


@pytest.mark.parametrize("path", FOR_LEARNERS, ids=lambda path: path.name)
def test_examples_for_learners_are_right_with_all_that_they_mention(path: Path) -> None:
    """What stands there as a comment is what an operator will take the mark from."""
    text, mark = (
        path.read_text(encoding="utf-8"),
        r"^( +)# ((?:  )*(?!openedx:secrets)[a-z_]+:(?:[a-z]+:)?)( |$)",
    )
    taken, count = re.subn(mark, r"\1\2\3", text, flags=re.MULTILINE)
    assert count >= (6 if path in BY_DIGEST else 0)
    taken = taken.replace("sha256:…", DIGEST.removeprefix("@")).replace("key/…", "key/campus")
    said = yaml.safe_load(decide(yaml.safe_dump(said_in(taken))))
    stack = load("a", said, placeholders=True)
    assert stack.images.builds or path not in BY_DIGEST, "the mark is taken from the build, too"


@pytest.mark.parametrize("path", BY_DIGEST, ids=lambda path: path.name)
def test_examples_of_large_sites_want_digests(path: Path) -> None:
    said = said_in(decide(path.read_text(encoding="utf-8")))
    with pytest.raises(ConfigError) as caught:
        load("a", said)
    images = {name for name, image in load("a", said, placeholders=True).published_images.items() if image}
    assert {
        re.findall(r"^openedx:images\.(\w+): \S+ is a tag", line)[0] for line in caught.value.problems
    } == images


def test_the_local_example_names_no_cluster() -> None:
    stack = load("dev", said_in((ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8")))
    assert stack.cluster.context is None
    assert not stack.datastores.protect
    assert stack.site.lms_host == "local.openedx.io"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"openedx:foo": 1}, "$.config"),
        ({"openedx:site": {"lms_host": "x"}}, "$.config['openedx:site'].lms_host"),
        ({"openedx:site": {"lms_host": "a.example.org", "tls": {}}}, "$.config['openedx:site'].tls"),
        ({"openedx:sizing": {"lms": {"replica": 1}}}, "$.config['openedx:sizing'].lms"),
        (
            {"openedx:sizing": {"lms_workers": {"A": {"queues": ["x"]}}}},
            "$.config['openedx:sizing'].lms_workers",
        ),
        ({"openedx:settings": {"lms": {"lower": 1}}}, "$.config['openedx:settings'].lms"),
        ({"openedx:secrets": {"mysql_password": "plain"}}, "$.config['openedx:secrets'].mysql_password"),
    ],
)
def test_editors_underline_what_is_wrong(change: dict[str, Any], place: str) -> None:
    config = {"openedx:site": {"lms_host": "learn.example.org"}, "kubernetes:strictMode": True, **change}
    assert place in [error.json_path for error in SCHEMA.iter_errors({"config": config})]
