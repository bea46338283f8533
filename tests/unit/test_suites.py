"""edx-platform's tests run as they should: which, in what pod, by which script, with what report."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from openedx_infra import scripts
from openedx_infra.config import Stack, load
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.platform_tests import junit, manifests, platform_tests
from openedx_infra.operations.platform_tests.manifests import Images, Object, Resources
from openedx_infra.operations.platform_tests.run import unpacked
from openedx_infra.operations.platform_tests.suites import Suite, suites
from policies.rules import judge_objects

IMAGES = Images(
    openedx="registry.example.org/openedx:dev",
    mongodb="docker.io/library/mongo:7.0.39",
    pull_policy="Always",
    pull_secrets=["registry"],
)
CONFTEST = "def pytest_addoption(parser):\n    parser.addoption('--ds')\n"


def test_without_a_path_everything_runs_by_its_own_settings() -> None:
    lms, studio = suites([])
    assert (lms.name, lms.settings) == ("lms", "lms.envs.test")
    assert lms.paths == ("lms", "openedx", "common/djangoapps", "xmodule")
    assert (studio.name, studio.settings, studio.paths) == ("studio", "cms.envs.test", ("cms",))


def test_paths_choose_the_settings_and_options_go_to_pytest() -> None:
    lms, studio = suites(["lms/djangoapps/grades", "cms/lib", "xmodule", "-k", "smoke"], "2/3")
    assert lms.paths == ("lms/djangoapps/grades", "xmodule")
    assert studio.paths == ("cms/lib",)
    assert lms.options == studio.options == ("-k", "smoke")
    assert lms.shard == studio.shard == "2/3"
    assert [suite.name for suite in suites(["cms"])] == ["studio"]


@pytest.mark.parametrize("path", ["/etc/passwd", "lms/../../secrets"])
def test_a_path_outside_the_platform_is_refused(path: str) -> None:
    with pytest.raises(OperationError, match="no path in edx-platform"):
        suites([path])


@pytest.mark.parametrize("shard", ["3/2", "0/2", "2", "a/b", "1/0"])
def test_a_wrong_shard_is_refused(shard: str) -> None:
    with pytest.raises(OperationError, match="no shard"):
        suites([], shard)


def objects(suite: Suite) -> list[Object]:
    return [
        manifests.namespace("openedx-campus-tests-1", "campus"),
        manifests.isolation("openedx-campus-tests-1"),
        manifests.script_files("openedx-campus-tests-1"),
        manifests.job("openedx-campus-tests-1", suite, IMAGES, Resources(memory="6Gi", minutes=10)),
    ]


def test_the_rules_of_a_reviewer_hold_for_test_pods_too() -> None:
    for suite in suites([]):
        assert judge_objects(objects(suite)) == []


def test_the_pod_has_a_mongodb_of_its_own_and_code_that_can_be_written() -> None:
    suite = Suite(name="studio", paths=["cms/lib"], options=["-k", "x"], shard="1/2")
    spec = objects(suite)[-1]["spec"]
    pod = spec["template"]["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (0, 600)
    mongodb, copy = pod["initContainers"]
    assert mongodb["image"] == IMAGES.mongodb and mongodb["restartPolicy"] == "Always"
    assert mongodb["startupProbe"]["tcpSocket"]["port"] == 27017
    tests, report = pod["containers"]
    env = {variable["name"]: variable["value"] for variable in tests["env"]}
    assert env["SETTINGS"] == "cms.envs.test" and env["EDXAPP_TEST_MONGO_HOST"] == "localhost"
    assert env["SHARD"] == "1/2"
    assert tests["command"][2:] == ["-k", "x", "cms/lib"]
    assert tests["resources"]["limits"]["memory"] == "6Gi"
    paths = {mount["mountPath"]: mount["name"] for mount in tests["volumeMounts"]}
    assert paths["/openedx/edx-platform"] == copy["volumeMounts"][0]["name"]
    assert {"name": paths["/openedx/edx-platform"], "emptyDir": {}} in pod["volumes"]
    shared = {mount["name"] for mount in report["volumeMounts"]}
    assert paths["/openedx/reports"] in shared
    assert pod["imagePullSecrets"] == [{"name": "registry"}]


def stack(images: dict[str, object]) -> Stack:
    return load("campus", {"site": {"lms_host": "learn.example.org"}, "images": images})


def test_images_are_the_stack_s_unless_said() -> None:
    plain = platform_tests.images(stack({"pull_secrets": ["mine"]}), None)
    assert plain.openedx == stack({}).image("openedx")
    assert plain.pull_secrets == ["mine"]
    named = {"own": {"host": "registry.example.org", "username": "me"}}
    said = platform_tests.images(stack({"registries": named}), "registry.example.org/a:b")
    assert said.openedx == "registry.example.org/a:b"
    assert said.pull_secrets == ["registries"]


class Pod:
    """The two containers of a pod, played by two shells over folders of their own."""

    def __init__(self, folder: Path) -> None:
        self.platform = folder / "edx-platform"
        self.folder = folder
        for name in ("edx-platform", "reports", "tests"):
            (folder / name).mkdir()
        for name in manifests.SCRIPTS:
            text = scripts.text(name).replace("/openedx/", f"{folder}/")
            (folder / "tests" / name).write_text(text, encoding="utf-8")
        (self.platform / "conftest.py").write_text(CONFTEST, encoding="utf-8")
        (self.platform / "pytest_django.py").write_text("", encoding="utf-8")

    def add(self, name: str, text: str = "def test_it():\n    assert True\n") -> None:
        (self.platform / name).write_text(text, encoding="utf-8")

    def run(self, *arguments: str, shard: str = "") -> subprocess.CompletedProcess[str]:
        for path in (self.folder / "reports").iterdir():
            path.unlink()
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "SETTINGS": "lms.envs.test", "SHARD": shard}
        environment.pop("PYTEST_ADDOPTS", None)
        return self._shell("platform_tests.sh", *arguments, environment=environment)

    def report(self) -> bytes | None:
        return unpacked("".join(self._shell("platform_tests_report.sh").stdout.splitlines()))

    def _shell(
        self, name: str, *arguments: str, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(self.folder / "tests" / name), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    return Pod(tmp_path)


def test_the_report_and_the_code_are_those_of_the_tests(pod: Pod) -> None:
    pod.add("test_good.py")
    pod.add("test_bad.py", "def test_it():\n    assert 1 == 2\n\ndef test_other():\n    pass\n")
    done = pod.run(".")
    assert done.returncode == 1, done.stdout + done.stderr
    report = pod.report()
    assert report is not None
    assert junit.summary(report).startswith("3 tests, 1 failed, 0 skipped")
    assert pod.run("test_good.py").returncode == 0
    assert pod.run("test_good.py", "-k", "nothing").returncode == 5


def test_shards_are_all_of_the_files_and_none_twice(pod: Pod) -> None:
    for number in range(8):
        pod.add(f"test_{number}.py")
    found: list[str] = []
    for number in (1, 2):
        pod.run(".", shard=f"{number}/2")
        report = pod.report()
        assert report is not None
        found += [str(case.get("classname")) for case in ET.fromstring(report).iter("testcase")]
    assert sorted(found) == sorted(f"test_{number}" for number in range(8))


def test_an_image_without_pytest_is_told(pod: Pod) -> None:
    (pod.platform / "pytest_django.py").write_text("raise ImportError\n", encoding="utf-8")
    done = pod.run(".")
    assert done.returncode == 64
    assert "`development`" in done.stderr
    assert pod.report() is None


def test_a_report_that_is_not_whole_is_none() -> None:
    assert unpacked("") is None
    assert unpacked("H4sIAAAA") is None
    assert unpacked("no base64!") is None


@pytest.mark.parametrize(
    ("users", "named"),
    [("fixed", {"runAsUser": 10_001, "runAsGroup": 0, "fsGroup": 10_001}), ("assigned", {})],
)
def test_pods_name_no_user_where_the_cluster_assigns_them(
    users: str, named: dict[str, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    created: list[Any] = []
    client = SimpleNamespace(namespace="scratch", delete=lambda *_: None)
    monkeypatch.setattr(platform_tests.connection, "address_of", lambda *_, **__: None)
    monkeypatch.setattr(platform_tests.connection, "connect", lambda *_: client)
    monkeypatch.setattr(platform_tests, "_create", lambda _, obj: created.append(obj))
    ended = SimpleNamespace(follow=lambda: platform_tests.Outcome(0, None))
    monkeypatch.setattr(platform_tests, "SuiteRun", lambda *_: ended)
    stack = load("mine", {"site": {"lms_host": "learn.example.org"}, "cluster": {"users": users}})
    plan = platform_tests.Plan(
        suites=suites([]), images=IMAGES, resources=Resources(), logins={}, reports=tmp_path
    )
    assert platform_tests.run(SimpleNamespace(local=False), stack, plan, Console(quiet=True)) == 0
    pods = [each["spec"]["template"]["spec"] for each in created if each["kind"] == "Job"]
    assert len(pods) == 2
    for pod in pods:
        who = {key: value for key, value in pod["securityContext"].items() if key in _USERS}
        assert who == named and pod["securityContext"]["runAsNonRoot"]
        for container in (*pod["initContainers"], *pod["containers"]):
            assert not _USERS & container["securityContext"].keys()


_USERS = {"runAsUser", "runAsGroup", "fsGroup", "supplementalGroups"}
