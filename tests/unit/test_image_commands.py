"""`images list`, `digest` and `build` do what a stack configures."""

from __future__ import annotations

import io
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from openedx_infra.config import ConfigError, Stack, load
from openedx_infra.images.plan import plans
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.images import build_images, builders, commands, pin_digests
from openedx_infra.operations.images.build_options import BuildOptions
from openedx_infra.operations.images.builders import Builder
from openedx_infra.operations.images.credentials import Login
from openedx_infra.operations.stack_files.stack_file import StackFile, read

DIGEST = f"sha256:{'c' * 64}"
BUILD = {
    "source": "build",
    "repository": "registry.example.org/campus/openedx",
    "cache_to": "registry.example.org/campus/cache:openedx",
    "secrets": ["netrc"],
    "requirements": ["campus-xblock==1.0"],
}


def stack(**said: Any) -> Stack:
    return load("campus", {"site": {"lms_host": "learn.example.org"}, "images": said})


def quiet() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=160), out


def test_every_image_is_listed_with_where_it_comes_from() -> None:
    rows = {
        row.name: row
        for row in commands.rows(
            stack(
                openedx=BUILD,
                mfe=f"registry.example.org/mfe:1@{DIGEST}",
                mirrors={"docker.io": "m.example.org/hub"},
            )
        )
    }
    assert rows["openedx"].source == "build" and rows["openedx"].pinned
    assert rows["openedx"].reference == "registry.example.org/campus/openedx:verawood"
    assert (rows["mfe"].source, rows["mfe"].pinned) == ("stack file", True)
    assert (rows["mysql"].source, rows["mysql"].pinned) == ("release", False)
    assert rows["mysql"].reference.startswith("m.example.org/hub/library/mysql:")


STACK_FILE = """\
# A campus.
config:
  openedx:site:
    lms_host: learn.example.org  # as in DNS
  openedx:images:
    mysql: {source}
    pull_secrets:
    {indent}- "registry"

    # The end.
"""


@pytest.mark.parametrize("indent", ["", "  "])
def test_digests_are_written_and_nothing_else_changes(tmp_path: Path, indent: str) -> None:
    path = tmp_path / "Pulumi.campus.yaml"
    text = STACK_FILE.format(source="docker.io/library/mysql:8.4.11", indent=indent)
    path.write_text(text, encoding="utf-8")
    pinned = f"docker.io/library/mysql:8.4.11@{DIGEST}"
    pin_digests.write(path, {("images", "mysql"): pinned})
    assert path.read_text(encoding="utf-8") == STACK_FILE.format(source=pinned, indent=indent)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_an_image_said_as_a_map_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.campus.yaml"
    path.write_text("config:\n  openedx:images:\n    openedx: {source: reference, image: a.b/c:1}\n")
    pin_digests.write(
        path, {("images", "openedx"): f"a.b/c:1@{DIGEST}", ("images", "mfe"): f"a.b/d:1@{DIGEST}"}
    )
    said = read("campus", path).values["images"]
    assert said["openedx"] == {"source": "reference", "image": f"a.b/c:1@{DIGEST}"}
    assert said["mfe"] == f"a.b/d:1@{DIGEST}"


def test_a_file_without_images_gets_the_section(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.campus.yaml"
    path.write_text("config:\n  openedx:site: {lms_host: learn.example.org}\n")
    pin_digests.write(path, {("images", "mysql"): f"docker.io/library/mysql:8@{DIGEST}"})
    load("campus", read("campus", path).values)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []

    def digest(self: object, reference: str) -> str:
        asked.append(reference)
        return DIGEST

    monkeypatch.setattr("openedx_infra.operations.images.registry.Registries.digest", digest)
    return asked


def test_lines_for_the_stack_file_name_no_mirror_and_no_build(registry: list[str]) -> None:
    described = stack(openedx=BUILD, mirrors={"docker.io": "m.example.org/hub"})
    console, out = quiet()
    file = StackFile(name="campus", path=Path("absent"), content={})
    commands.digests(file, described, [], console, write=False)
    lines = out.getvalue().splitlines()
    assert lines[0] == "  openedx:images:"
    assert f"    mysql: {commands.configured(described)['images', 'mysql']}@{DIGEST}" in lines
    assert not any(line.strip().startswith("openedx: ") for line in lines)
    assert all(reference.startswith("m.example.org/hub/") for reference in registry)
    # They are what a stack file may say.
    section = dict(line.strip().split(": ", 1) for line in lines[1:])
    assert all(row.pinned for row in commands.rows(stack(**section, openedx=BUILD)))


BESIDE = {
    "site": {"lms_host": "learn.example.org"},
    "images": {"mirrors": {"docker.io": "m.example.org/hub"}},
    "services": {
        "xqueue": {},
        "codejail": {"enabled": False},
        "notes": {"image": f"registry.example.org/notes:1@{DIGEST}"},
    },
    "extras": {"containers": {"page": {"image": "docker.io/campus/page:1"}}},
}


def test_images_of_services_and_of_extra_containers_are_listed() -> None:
    rows = {row.name: row for row in commands.rows(load("campus", BESIDE))}
    assert "services.codejail" not in rows, "it is off"
    assert (rows["services.xqueue"].source, rows["services.xqueue"].pinned) == ("service", False)
    assert rows["services.xqueue"].reference.startswith("m.example.org/hub/")
    assert (rows["services.notes"].source, rows["services.notes"].pinned) == ("stack file", True)
    page = rows["extras.containers.page"]
    assert (page.source, page.pinned) == ("stack file", False)
    assert page.reference == "m.example.org/hub/campus/page:1"


def test_their_digests_are_written_where_they_are_named(registry: list[str], tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.campus.yaml"
    config = {f"openedx:{key}": value for key, value in BESIDE.items()}
    config["openedx:services"] = {**BESIDE["services"], "xqueue": {}}
    path.write_text("# A campus.\n" + yaml.safe_dump({"config": config}))
    described = load("campus", read("campus", path).values)
    commands.digests(read("campus", path), described, [], quiet()[0], write=True)
    said = read("campus", path).values
    assert said["extras"]["containers"]["page"]["image"] == f"docker.io/campus/page:1@{DIGEST}"
    assert said["services"]["xqueue"]["image"].endswith(f"@{DIGEST}")
    assert said["services"]["codejail"] == {"enabled": False}
    assert said["services"]["notes"] == BESIDE["services"]["notes"]
    # Nothing is left to pin, and the file is as strict as one may be.
    strict = {**said, "images": {**said["images"], "require_digest": True}}
    assert all(row.pinned for row in commands.rows(load("campus", strict)))
    console, out = quiet()
    commands.digests(read("campus", path), described, [], console, write=False)
    printed = yaml.safe_load(out.getvalue())
    assert printed["openedx:services"]["xqueue"]["image"] == said["services"]["xqueue"]["image"]
    assert printed["openedx:extras"]["containers"]["page"] == {"image": f"docker.io/campus/page:1@{DIGEST}"}


def test_references_are_pinned_one_by_one(registry: list[str]) -> None:
    console, out = quiet()
    file = StackFile(name="campus", path=Path("absent"), content={})
    commands.digests(file, stack(), ["a.b/c:1", "a.b/d:2"], console, write=False)
    assert out.getvalue().split() == [f"a.b/c:1@{DIGEST}", f"a.b/d:2@{DIGEST}"]


def test_all_that_registries_refuse_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def digest(self: object, reference: str) -> str:
        raise OperationError(f"There is no image {reference}.", remedy="check its name and tag")

    monkeypatch.setattr("openedx_infra.operations.images.registry.Registries.digest", digest)
    file = StackFile(name="campus", path=Path("absent"), content={})
    with pytest.raises(OperationError) as caught:
        commands.digests(file, stack(), ["a.b/c:1", "a.b/d:2"], quiet()[0], write=False)
    assert caught.value.message == "There is no image a.b/c:1.\nThere is no image a.b/d:2."
    assert caught.value.remedy == "check its name and tag"


def test_what_is_not_built_can_t_be_built() -> None:
    with pytest.raises(OperationError, match="does not build any image"):
        build_images.chosen(stack(), BuildOptions(push=False))
    with pytest.raises(OperationError, match="does not build mfe; it builds openedx"):
        build_images.chosen(stack(openedx=BUILD), BuildOptions(names=["mfe"], push=False))


def test_a_wish_changes_target_and_tag() -> None:
    [plan] = build_images.chosen(
        stack(openedx=BUILD), BuildOptions(push=True, target="development", tag="dev")
    )
    assert (plan.target, plan.reference) == ("development", "registry.example.org/campus/openedx:dev")


def test_the_arguments_are_those_of_the_plan() -> None:
    [plan] = plans(stack(openedx={**BUILD, "platforms": ["linux/arm64"]}))
    said = build_images.arguments(plan, {"netrc": Path("/tmp/0")}, BuildOptions(push=True, attest=True))
    pairs = list(pairwise(said))
    for name, value in plan.arguments.items():
        assert ("--build-arg", f"{name}={value}") in pairs
    assert ("--secret", "id=netrc,src=/tmp/0") in pairs
    assert ("--platform", "linux/arm64") in pairs
    assert ("--tag", plan.reference) in pairs
    assert any(option == "--cache-to" and value.startswith("type=registry") for option, value in pairs)
    assert said.count("--cache-from") == 1
    assert ("--provenance", "mode=max") in pairs and ("--sbom", "true") in pairs
    plain = build_images.arguments(plan, {}, BuildOptions(push=False))
    assert "--cache-to" not in plain and "--sbom" not in plain


BUILDX = """\
import json, os, pathlib, sys
arguments = sys.argv[1:]
after = lambda name: arguments[arguments.index(name) + 1]
told = {
    "arguments": arguments,
    "dockerfile": pathlib.Path(after("--file")).read_text(),
    "secret": pathlib.Path(after("--secret").partition("src=")[2]).read_text(),
    "mode": oct(pathlib.Path(after("--secret").partition("src=")[2]).stat().st_mode & 0o777),
}
pathlib.Path(os.environ["TOLD"]).write_text(json.dumps(told))
print("#1 [internal] load build definition from Dockerfile")
print("#1 DONE 0.0s")
print("#2 [requirements 1/2] RUN --mount=type=cache,target=/root uv pip install")
print("#2 DONE 12.5s")
print("#3 [webpack 2/2] RUN npm run webpack")
if "broken" in os.environ:
    print("#3 1.000 npm error code E404")
    print('#3 ERROR: process "/bin/sh -c npm run webpack" did not complete successfully: exit code: 1')
    print("ERROR: failed to build: failed to solve: process \\"/bin/sh -c npm run webpack\\" "
          "did not complete successfully: exit code: 1")
    sys.exit(1)
print("#3 CACHED")
pathlib.Path(after("--metadata-file")).write_text('{"containerimage.digest": "sha256:%s"}' % ("d" * 64))
"""


@pytest.fixture
def buildx(tmp_path: Path) -> Builder:
    script = tmp_path / "buildx.py"
    script.write_text(BUILDX, encoding="utf-8")
    return Builder((sys.executable, str(script)), {"TOLD": str(tmp_path / "told")}, "mine")


def test_a_build_shows_its_steps_and_tells_the_digest(buildx: Builder, tmp_path: Path) -> None:
    [plan] = plans(stack(openedx=BUILD))
    console, out = quiet()
    built = build_images.build(
        plan, buildx, {"build_netrc": "machine x password y"}, console, BuildOptions(push=True)
    )
    assert built.reference == f"{plan.reference}@sha256:{'d' * 64}"
    assert built.steps == "1 steps done, 1 from the cache"
    assert "requirements 1/2  RUN uv pip install  12.5 s" in out.getvalue()
    told = json.loads((tmp_path / "told").read_text())
    assert told["dockerfile"] == plan.dockerfile
    assert (told["secret"], told["mode"]) == ("machine x password y", "0o600")
    assert told["arguments"][:3] == ["build", "--builder", "mine"]
    assert "--push" in told["arguments"]
    assert "password y" not in json.dumps(told["arguments"])
    secret = told["arguments"][told["arguments"].index("--secret") + 1].partition("src=")[2]
    assert not Path(secret).exists()


def test_a_failed_build_is_one_sentence(buildx: Builder) -> None:
    [plan] = plans(stack(openedx=BUILD))
    console, _ = quiet()
    broken = Builder(buildx.command, {**buildx.environment, "broken": "1"}, None)
    with pytest.raises(
        OperationError, match=r"Image openedx: stage webpack, step `RUN npm run webpack` failed"
    ):
        build_images.build(plan, broken, {"build_netrc": ""}, console, BuildOptions(push=True))


def test_platforms_are_built_apart_each_with_a_cache_of_its_own() -> None:
    [plan] = plans(stack(openedx={**BUILD, "platforms": ["linux/amd64", "linux/arm64"]}))
    amd, arm = build_images.parts(plan)
    assert (amd.platforms, arm.platforms) == (("linux/amd64",), ("linux/arm64",))
    assert (amd.reference, arm.reference) == (f"{plan.reference}-amd64", f"{plan.reference}-arm64")
    assert (amd.cache_to, arm.cache_from) == (f"{plan.cache_to}-amd64", (f"{plan.cache_to}-arm64",))
    [one] = plans(stack(openedx={**BUILD, "platforms": ["linux/arm64"]}))
    assert build_images.parts(one) == [one]


def test_where_an_image_goes() -> None:
    [plan] = plans(stack(openedx=BUILD))
    docker, private = Builder(("docker", "buildx"), {}, None, loads=True), Builder(("buildx",), {})
    assert build_images.output(plan, docker, BuildOptions(push=False)) == ["--load"]
    assert build_images.output(plan, private, BuildOptions(push=False)) == []
    assert build_images.output(plan, docker, BuildOptions(push=True)) == ["--push"]


def test_logins_of_the_stack_are_beside_docker_s_and_gone_afterwards(tmp_path: Path) -> None:
    own = tmp_path / "docker"
    (own / "contexts").mkdir(parents=True)
    (own / "config.json").write_text('{"currentContext": "remote", "auths": {"quay.io": {"auth": "x"}}}')
    builder = Builder(("docker", "buildx"), {"DOCKER_CONFIG": str(own)}, None)
    with builders.logged_in(builder, {"ghcr.io": Login("me", "secret")}) as ready:
        folder = Path(ready.environment["DOCKER_CONFIG"])
        config = json.loads((folder / "config.json").read_text())
        assert set(config["auths"]) == {"quay.io", "ghcr.io"} and config["currentContext"] == "remote"
        assert (folder / "contexts").resolve() == (own / "contexts").resolve()
        assert (folder / "config.json").stat().st_mode & 0o077 == 0
        assert ready.environment["BUILDX_CONFIG"] == str(own / "buildx")
    assert not folder.exists()
    assert (own / "contexts").is_dir()
    with builders.logged_in(builder, {}) as same:
        assert same is builder


def test_faults_of_a_build_are_told_before_anything_starts(tmp_path: Path) -> None:
    faulty = stack(openedx={**BUILD, "patches": str(tmp_path / "absent")})
    file = StackFile(name="campus", path=Path("absent"), content={})
    with pytest.raises(ConfigError, match="there is no folder"):
        commands.build(file, faulty, BuildOptions(push=False), quiet()[0])
