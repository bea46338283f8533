"""Images of companion services that a stack builds: from where, under which names, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from samples import LEAST

from openedx_infra.config import ConfigError, Stack, load
from openedx_infra.config.services import registry
from openedx_infra.config.stack_kinds import required
from openedx_infra.images import Plan, plans, problems
from openedx_infra.operations.images import build_images
from openedx_infra.operations.images.build_options import BuildOptions
from openedx_infra.operations.images.commands import configured, rows
from openedx_infra.operations.offline.recording import record

REPOSITORY = "registry.example.org/gallery"


@pytest.fixture(autouse=True)
def services(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service whose code is known for one release, and one whose code nobody knows."""
    known = {"gallery": "sample_services:GALLERY", "greeter": "sample_services:GREETER"}
    monkeypatch.setattr(registry, "BUILT_IN", known)


def built(name: str = "gallery", rest: Any = None, **said: Any) -> Stack:
    section = {"build": {"repository": REPOSITORY, **said}, **(rest or {})}
    return load("dev", {**LEAST, "services": {name: section}})


def planned(**said: Any) -> Plan:
    [plan] = plans(built(**said))
    return plan


def test_its_code_comes_from_its_repository_at_the_releases_ref() -> None:
    plan = planned(arguments={"VERSION": "2"}, cache_to="registry.example.org/gallery:cache")
    assert plan.name == "services.gallery" and plan.dockerfile == ""
    assert plan.context == "https://git.example.org/gallery.git#release/verawood.1:docker"
    assert (plan.target, plan.reference) == ("app", f"{REPOSITORY}:verawood")
    assert plan.arguments == {"VERSION": "2"}
    assert plan.cache_from == (plan.cache_to,)


def test_a_fork_and_a_folder_are_built_instead() -> None:
    fork = {"source": "git", "repository": "https://git.example.org/fork.git", "ref": "campus"}
    plan = planned(code=fork, folder="build/web", target="slim", tag="7")
    assert plan.context == "https://git.example.org/fork.git#campus:build/web"
    assert (plan.target, plan.tag) == ("slim", "7")
    assert planned(code={"source": "git", "ref": "main"}).context.endswith("/gallery.git#main:docker")
    assert planned(code={"source": "folder", "path": "../gallery"}).context == "../gallery/docker"


def test_a_folder_without_a_dockerfile_is_named(tmp_path: Path) -> None:
    stack = built(code={"source": "folder", "path": str(tmp_path)})
    place = f"{tmp_path}/docker/Dockerfile"
    assert problems(stack) == [
        f"openedx:services.gallery.build: there is no {place}: make it, or correct the path"
    ]
    Path(place).parent.mkdir()
    Path(place).write_text("FROM scratch\n", encoding="utf-8")
    assert problems(stack) == []


def test_a_token_reads_a_private_repository() -> None:
    private = {"source": "git", "repository": "https://git.example.org/fork.git", "ref": "campus"}
    stack = built(code=private, secrets=["git_token"])
    [plan] = plans(stack)
    assert set(plan.secrets.values()) == {"build_git_token"}
    assert "build_git_token" in {secret.name for secret in required(stack)}


@pytest.mark.parametrize(
    ("stack", "line"),
    [
        (
            {"name": "greeter"},
            "services.greeter.build.code: Greeter names no repository of its own: set `code.repository` and "
            "`code.ref`",
        ),
        (
            {"code": {"source": "git", "repository": "https://git.example.org/fork.git"}},
            "services.gallery.build.code.ref: missing: there is none for verawood",
        ),
        (
            {"rest": {"image": "docker.io/example/gallery:2"}},
            "services.gallery.build: the image is named by `image`, too",
        ),
        ({"folder": "../up"}, "services.gallery.build.folder: "),
        ({"secrets": ["git_token"]}, "services.gallery.build.secrets: git_token is for a repository"),
    ],
)
def test_what_can_not_be_built_is_explained(stack: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        built(**stack)
    assert [each for each in caught.value.problems if line in each], caught.value.problems


def test_lists_and_commands_know_it() -> None:
    stack = built()
    [row] = [row for row in rows(stack) if row.name == "services.gallery"]
    assert (row.source, row.reference, row.pinned) == ("build", f"{REPOSITORY}:verawood", True)
    assert not [place for place in configured(stack) if place[0] == "services"], "nobody publishes it"
    [plan] = build_images.chosen(stack, BuildOptions(names=("services.gallery",), push=False))
    command = build_images.arguments(plan, {}, BuildOptions(push=False))
    assert command[command.index("--target") + 1] == "app"


def test_its_pods_run_what_was_built(secrets: dict[str, str]) -> None:
    stack = built()
    values = {each.name: secrets.get(each.name, "x" * 20) for each in required(stack)}
    graph = record(stack, values)
    [image] = [each for each in graph.resources if each.type == "docker-build:index:Image"]
    assert image.name == "services.gallery" and "dockerfile" not in image.props
    assert image.props["context"]["location"].startswith("https://git.example.org/gallery.git#")
    for kind, name in (("Deployment", "gallery"), ("Job", "gallery-prepare")):
        [workload] = [each for each in graph.resources if (each.kind, each.name) == (kind, name)]
        assert image.urn in workload.depends_on, "pods wait for their image"
    [index] = [each for each in graph.resources if (each.kind, each.name) == ("StatefulSet", "gallery-index")]
    assert image.urn not in index.depends_on
