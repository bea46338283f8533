"""The containers of a test pod work in the real image, as its own user, on its file systems."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from building import Built
from repositories import STANDIN
from running import command, environment
from standins import Platform

from openedx_infra import scripts
from openedx_infra.operations.platform_tests import junit, manifests
from openedx_infra.operations.platform_tests.manifests import Images, Resources
from openedx_infra.operations.platform_tests.run import unpacked
from openedx_infra.operations.platform_tests.suites import Suite

pytestmark = pytest.mark.images

SETTINGS = """\
from lms.envs.common import *
SECRET_KEY = "of tests"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
"""
TESTS = """\
import os
import pathlib
import pytest
from django.conf import settings

@pytest.mark.django_db
def test_django_and_its_database():
    from django.db import connection
    assert settings.SECRET_KEY == "of tests"
    assert connection.vendor == "sqlite"

def test_the_code_is_the_copy_and_can_be_written():
    import lms
    assert lms.__file__.startswith("/openedx/edx-platform/")
    pathlib.Path("test_root/made").write_text("by a test")
    assert os.environ["EDXAPP_TEST_MONGO_HOST"] == "localhost"

def test_that_fails():
    assert False
"""


@dataclasses.dataclass
class Node:
    """What a node does for one pod: its volumes as folders, its containers in the image's file system."""

    root: Path
    variables: dict[str, str]
    volumes: dict[str, Path]

    def run(self, container: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        mounts = {
            mount["mountPath"]: self.volumes[mount["name"]] / mount.get("subPath", "")
            for mount in container["volumeMounts"]
        }
        mounts.pop("/tmp", None)  # is one already
        for target in mounts:
            (self.root / target.lstrip("/")).mkdir(parents=True, exist_ok=True)
        env = {variable["name"]: variable["value"] for variable in container.get("env", ())}
        somebody = f"{manifests.USER}:0"
        return subprocess.run(
            command(self.root, container["command"], somebody, mounts),
            env=self.variables | env,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def node(platform: Platform, built: Built, tmp_path_factory: pytest.TempPathFactory) -> Node:
    """A node with the image for development, of a platform that has tests."""
    assert built.code == 0
    work = tmp_path_factory.mktemp("node")
    source = work / "edx-platform"
    shutil.copytree(STANDIN / "edx-platform", source)
    (source / "lms/envs/test.py").write_text(SETTINGS)
    (source / "lms/tests.py").write_text(TESTS)
    (source / "setup.cfg").write_text("[tool:pytest]\npython_files = tests.py\n")
    other = dataclasses.replace(platform, contexts=platform.contexts | {"edx-platform": source})
    tools = "pytest==8.4.2\npytest-django==4.11.1"
    extra = f"{platform.arguments['EXTRA_REQUIREMENTS']}\n{tools}"
    other.build("openedx:tested", target="development", EXTRA_REQUIREMENTS=extra)
    reference = f"{platform.buildx.registry}/openedx:tested"
    root = work / "root"
    root.mkdir()
    platform.buildx.unpack(reference, root)
    volumes = {name: work / "volumes" / name for name in ("platform", "reports", "scripts", "tmp")}
    for folder in volumes.values():
        folder.mkdir(parents=True)
        folder.chmod(0o777)
    for name in manifests.SCRIPTS:
        (volumes["scripts"] / name).write_text(scripts.text(name))
    return Node(root, environment(platform.buildx.configuration(reference)["config"]), volumes)


def test_a_test_pod_runs_reports_and_ends_with_the_code_of_the_tests(node: Node) -> None:
    images = Images(openedx="a.b/c:1", mongodb="a.b/m:1", pull_policy="Always", pull_secrets=[])
    suite = Suite(name="lms", paths=["lms"])
    pod = manifests.job("space", suite, images, Resources())["spec"]["template"]["spec"]
    _, copy = pod["initContainers"]
    tests, report = pod["containers"]
    copied = node.run(copy)
    assert copied.returncode == 0, copied.stderr
    done = node.run(tests)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 2 passed" in done.stdout
    found = unpacked("".join(node.run(report).stdout.splitlines()))
    assert found is not None
    assert junit.summary(found).startswith("3 tests, 1 failed, 0 skipped")
    assert not (node.root / "openedx/edx-platform/test_root").exists()


def test_the_image_for_production_has_no_pytest_and_says_what_has(
    node: Node, platform: Platform, image: str, tmp_path: Path
) -> None:
    variables = environment(platform.buildx.configuration(image)["config"])
    lean = Node(platform.buildx.unpack(image, tmp_path), variables, node.volumes)
    images = Images(openedx="a.b/c:1", mongodb="a.b/m:1", pull_policy="Always", pull_secrets=[])
    pod = manifests.job("space", Suite(name="lms", paths=["lms"]), images, Resources())
    done = lean.run(pod["spec"]["template"]["spec"]["containers"][0])
    assert done.returncode == 64
    assert "`development`" in done.stderr
