"""A stack file's images come out of `pulumi up`, with real engine, plugin and builder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import pulumi
import pytest
from bases import Bases
from building import Built
from pulumi import automation
from repositories import STANDIN
from standins import SECRET, Platform
from test_commands import push
from test_commands import stack as said

from openedx_infra.components.image_builds import Images, ImagesArgs
from openedx_infra.config import load
from openedx_infra.images import IMAGES, plans
from openedx_infra.operations.images.builders import Builder
from tools.builder import NAME
from tools.toolchain import Toolchain

pytestmark = pytest.mark.images


@dataclass
class Program:
    """A program that makes the images of a stack file, and nothing else of the instance."""

    platform: Platform
    begin: Bases
    environment: dict[str, str]
    work: Path
    state: Path
    version: str
    """Tag of the image: another one each time, as the registry remembers."""

    @property
    def tag(self) -> str:
        """Where the image is pushed to."""
        return f"{self.platform.buildx.registry}/commands/openedx:{self.version}"

    def stack(self, netrc: str) -> automation.Stack:
        """Its stack, with the secret as said."""
        options = automation.LocalWorkspaceOptions(work_dir=str(self.work), env_vars=self.environment)

        def declare() -> None:
            plain = said(self.platform, self.begin)
            assert plain.images.openedx is not None
            build = plain.images.openedx.model_copy(update={"tag": self.version})
            images = plain.images.model_copy(update={"openedx": build})
            stack = plain.model_copy(update={"images": images})
            secrets = {"build_netrc": pulumi.Output.secret(netrc)}
            found = Images("images", ImagesArgs(stack=stack, secrets=secrets, logins={}))
            pulumi.export("reference", found.references["openedx"])

        return automation.create_or_select_stack("component", "openedx", declare, opts=options)


@pytest.fixture(scope="module")
def program(
    platform: Platform,
    built: Built,
    begin: Bases,
    toolchain: Toolchain,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Program]:
    assert built.code == 0
    work, state = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("state")
    # Folders are named from that of Pulumi.yaml, which is a checkout.
    (work / "images").symlink_to(IMAGES)
    environment = toolchain.environment(platform.buildx.environment()) | {
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "of a test",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", environment["PATH"])
        yield Program(platform, begin, environment, work, state, f"component-{token_hex(4)}")


def test_a_stack_file_becomes_an_image_that_is_named_by_its_digest(program: Program) -> None:
    buildx, netrc = program.platform.buildx, program.platform.secrets["netrc"].read_text()
    stack = program.stack(netrc)
    assert not buildx.has(program.tag)
    preview = stack.preview()
    assert preview.change_summary == {automation.OpType.CREATE: 3}
    assert not buildx.has(program.tag)
    reference = stack.up().outputs["reference"]
    assert reference.value == f"{program.tag}@{buildx.digest(program.tag)}" and not reference.secret
    [state] = [path.read_text() for path in program.state.rglob("component.json")]
    assert "production" in state and SECRET not in state and f"{IMAGES}/" not in state
    assert SECRET not in json.dumps(buildx.configuration(program.tag))


def test_a_renewed_secret_builds_nothing(program: Program) -> None:
    netrc = program.platform.secrets["netrc"].read_text()
    program.stack(netrc).up()
    assert program.stack(netrc).up().summary.resource_changes == {"same": 3}
    assert program.stack(f"{netrc}\n# renewed\n").up().summary.resource_changes == {"same": 3}


def test_destroy_leaves_the_image_for_those_who_run_it(program: Program) -> None:
    digest = program.platform.buildx.digest(program.tag)
    program.stack(program.platform.secrets["netrc"].read_text()).destroy()
    assert program.platform.buildx.digest(program.tag) == digest


def test_themes_alone_are_put_on_an_image_that_is_there(
    platform: Platform, image: str, tmp_path: Path
) -> None:
    assets = f"{platform.buildx.registry}/openedx:assets"
    platform.build("openedx:assets", target="assets")
    openedx = {
        "source": "themes",
        "repository": f"{platform.buildx.registry}/commands/themed",
        "image": image,
        "assets": assets,
        "themes": {"north": {"source": "folder", "path": str(STANDIN / "themes/campus")}},
    }
    [plan] = plans(
        load("campus", {"site": {"lms_host": "learn.example.org"}, "images": {"openedx": openedx}})
    )
    builder = Builder((str(platform.buildx.binary),), platform.buildx.environment(), NAME)
    pushed, _ = push(plan, platform, builder)
    root = platform.buildx.unpack(pushed.reference.partition("@")[0], tmp_path)
    listed = json.loads((root / "openedx/staticfiles/staticfiles.json").read_text())["paths"]
    assert (root / "openedx/staticfiles" / listed["north/css/lms-main.css"]).is_file()
