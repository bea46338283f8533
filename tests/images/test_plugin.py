"""`pulumi up` builds by the real engine and its docker-build plugin, on a real builder and registry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker_build as docker_build
import pytest
from building import Built
from pulumi import automation
from standins import Platform

from openedx_infra.images import context, dockerfile, explain
from tools.builder import NAME
from tools.toolchain import Toolchain

pytestmark = pytest.mark.images


@dataclass
class Program:
    """A program of one image, in a stack of its own."""

    platform: Platform
    environment: dict[str, str]
    work: Path

    @property
    def tag(self) -> str:
        """Where the image is pushed to."""
        return f"{self.platform.buildx.registry}/openedx:plugin"

    def stack(self, **arguments: str) -> automation.Stack:
        """The stack, whose image has some build arguments said otherwise."""
        options = automation.LocalWorkspaceOptions(work_dir=str(self.work), env_vars=self.environment)
        return automation.create_or_select_stack(
            "images", "openedx", lambda: self._declare(self.platform.arguments | arguments), opts=options
        )

    def _declare(self, arguments: dict[str, str]) -> None:
        cache = f"{self.tag}-cache"
        named = {
            name: docker_build.ContextArgs(location=str(path))
            for name, path in self.platform.contexts.items()
        }
        image = docker_build.Image(
            "openedx",
            context=docker_build.BuildContextArgs(location=str(context("openedx")), named=named),
            dockerfile=docker_build.DockerfileArgs(
                inline=dockerfile("openedx", {"production": "ENV SITE=tests"})
            ),
            build_args=arguments,
            secrets={name: path.read_text() for name, path in self.platform.secrets.items()},
            builder=docker_build.BuilderConfigArgs(name=NAME),
            build_on_preview=False,
            push=True,
            tags=[self.tag],
            cache_from=[docker_build.CacheFromArgs(registry=docker_build.CacheFromRegistryArgs(ref=cache))],
            cache_to=[
                docker_build.CacheToArgs(
                    registry=docker_build.CacheToRegistryArgs(
                        ref=cache, mode=docker_build.CacheMode.MAX, image_manifest=True, oci_media_types=True
                    )
                )
            ],
            platforms=[docker_build.Platform.LINUX_AMD64],
            opts=pulumi.ResourceOptions(retain_on_delete=True),
        )
        pulumi.export("digest", image.digest)


@pytest.fixture(scope="module")
def program(
    platform: Platform, built: Built, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    assert built.code == 0
    work, state = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("state")
    environment = toolchain.environment(platform.buildx.environment()) | {
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "of a test",
    }
    with pytest.MonkeyPatch.context() as patch:
        # The automation API looks for the engine with this process' PATH.
        patch.setenv("PATH", environment["PATH"])
        yield Program(platform, environment, work)


def test_up_pushes_an_image_and_a_second_up_does_nothing(program: Program) -> None:
    stack = program.stack()
    preview = stack.preview()
    assert preview.change_summary == {automation.OpType.CREATE: 2}
    assert "#1 " not in preview.stdout
    digest = stack.up().outputs["digest"].value
    assert digest == program.platform.buildx.digest(program.tag)
    configuration = program.platform.buildx.configuration(program.tag)
    assert "SITE=tests" in configuration["config"]["Env"]
    assert program.platform.buildx.has(f"{program.tag}-cache")
    again = stack.up()
    assert again.summary.resource_changes == {"same": 2}


def test_a_failure_is_told_in_one_sentence(program: Program) -> None:
    said: list[str] = []

    def listen(event: automation.EngineEvent) -> None:
        if event.diagnostic_event is not None:
            said.append(event.diagnostic_event.message)

    with pytest.raises(automation.CommandError):
        program.stack(REF="release/nowhere").up(on_event=listen)
    found = explain("openedx", "\n".join(said), dockerfile("openedx"))
    assert found is not None
    assert str(found).startswith("Image openedx: stage edx-platform, step `ADD ")
    assert found.reason.text == "the repository has no branch or tag release/nowhere"


def test_destroy_leaves_the_image_for_those_who_run_it(program: Program) -> None:
    program.stack().destroy()
    assert program.platform.buildx.has(program.tag)
