"""`dev test` and `dev quality`: which tests run, on which source, and what their reports mean."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from openedx_infra import scripts
from openedx_infra.config import load
from openedx_infra.operations.development import tests as verb
from openedx_infra.operations.development.tests import Wanted
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.platform_tests import (
    junit,
    known_failures,
    last_failed,
    manifests,
    platform_tests,
    quality,
)
from openedx_infra.operations.platform_tests.manifests import Images, Resources, Source
from openedx_infra.operations.platform_tests.suites import SETTINGS, Suite, suites
from openedx_infra.releases import RELEASES

IMAGES = Images(openedx="r.example.org/o:dev", mongodb="mongo:7", pull_policy="Always", pull_secrets=[])
GOOD, BAD, OTHER = "lms/tests.py::Page::test_good", "lms/tests.py::Page::test_bad", "cms/tests.py::test_x"
SOURCES = {
    "lms/test_page.py": """
import pytest, unittest
class TestPage:
    class TestInside:
        def test_bad(self):
            assert 0
    @pytest.mark.parametrize("text", ["a.b", "x::y", "[é]"])
    def test_each(self, text):
        assert text == "a.b"
class Old(unittest.TestCase):
    def test_good(self):
        pass
    @unittest.skip("not now")
    def test_skipped(self):
        pass
def test_plain():
    assert 0
@pytest.fixture
def ends_badly():
    yield
    raise ValueError
def test_end(ends_badly):
    pass
""",
    "lms/deep/test_broken.py": "import nowhere\n",
}


def report(*failed: str, passed: tuple[str, ...] = (), skipped: tuple[str, ...] = ()) -> bytes:
    """A report as pytest writes it, of tests by their names."""
    endings = {**dict.fromkeys(passed, ""), **dict.fromkeys(failed, "<failure/>")}
    endings |= dict.fromkeys(skipped, "<skipped/>")
    lines = []
    for test, content in endings.items():
        file, *classes, name = test.split("::")
        place = ".".join([file.removesuffix(".py").replace("/", "."), *classes])
        lines.append(f'<testcase classname="{place}" name="{name}" file="{file}">{content}</testcase>')
    return f"<testsuites><testsuite>{''.join(lines)}</testsuite></testsuites>".encode()


def test_tests_of_a_report_have_the_names_that_pytest_takes(tmp_path: Path) -> None:
    for name, text in SOURCES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\njunit_family = xunit2\n")
    environment = {key: value for key, value in os.environ.items() if key != "PYTEST_ADDOPTS"}
    words = ["-q", "-rfEs", "-p", "no:cacheprovider", "-o", "junit_family=xunit1", "--junit-xml=report.xml"]
    command = [sys.executable, "-m", "pytest", *words, "--continue-on-collection-errors", "lms"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout
    lines = done.stdout.splitlines()
    named = {line.split(" ", 1)[1].split(" - ")[0] for line in lines if line.startswith(("FAILED", "ERROR"))}
    found = list(junit.cases((tmp_path / "report.xml").read_bytes()))
    assert {case.test for case in found if case.ending == "failed"} == named
    assert "lms/test_page.py::TestPage::TestInside::test_bad" in named and "lms/deep/test_broken.py" in named
    assert [case.test for case in found if case.ending == "skipped"] == [
        "lms/test_page.py::Old::test_skipped"
    ]
    again = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *sorted(named - {"lms/deep/test_broken.py"})],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert "5 failed" not in again.stdout and "4 failed" in again.stdout, again.stdout


def test_only_what_is_known_to_fail_is_no_failure() -> None:
    found = known_failures.verdict(report(BAD, passed=(GOOD,)), {BAD: "asks the internet"})
    assert found.exit_code(1) == 0 and not found.failed
    assert list(found.lines()) == [f"known to fail: {BAD}: asks the internet"]
    both = known_failures.verdict(report(BAD, OTHER), {BAD: "asks the internet"})
    assert both.exit_code(1) == 1 and both.failed == [OTHER]
    assert found.exit_code(2) == 2, "a run that was broken off isn't judged"
    assert known_failures.verdict(report(passed=(GOOD,)), {}).exit_code(0) == 0
    assert known_failures.verdict(report(passed=(GOOD,)), {}).exit_code(1) == 1


def test_a_listed_test_that_passes_is_named() -> None:
    listed = {
        BAD: "a",
        "lms/tests.py::Page": "b",
        GOOD: "c",
        "cms/tests.py::test_x": "d",
        "lms/other.py": "e",
    }
    found = known_failures.verdict(report(BAD, passed=(GOOD,), skipped=(OTHER,)), listed)
    assert found.passing == [GOOD], (
        "neither what was skipped, nor what didn't run, nor a class with a failure"
    )
    assert [line for line in found.lines() if "Take it off" in line] == [
        f"listed as failing, but passed: {GOOD}. Take it off the list."
    ]


def test_an_entry_is_a_file_a_class_or_a_test_with_all_its_parameters() -> None:
    for entry in ("lms/tests.py", "lms/tests.py::Page", BAD):
        assert known_failures.verdict(report(f"{BAD}[x]"), {entry: "r"}).expected == {f"{BAD}[x]": "r"}
    for entry in ("lms/test", "lms/tests.py::Pag", f"{GOOD}[x]", f"{BAD}[y]"):
        assert known_failures.verdict(report(f"{BAD}[x]"), {entry: "r"}).failed, entry


def test_lists_are_of_releases_that_exist_and_a_site_may_add_its_own(tmp_path: Path) -> None:
    lists = known_failures._read(known_failures.FILE)
    assert set(lists) <= {*RELEASES}
    assert all(reason.strip() for tests in lists.values() for reason in tests.values())
    file = tmp_path / "known.yaml"
    file.write_text(f"ulmo: {{'{BAD}': ours}}\n")
    assert known_failures.listed("ulmo", file)[BAD] == "ours"
    assert BAD not in known_failures.listed("verawood", file)
    for wrong in ("- a\n", "ulmo: [a]\n", "ulmo: {a: 1}\n", "ulmo: {a: \n", "ulmo: text\n"):
        other = tmp_path / f"{len(wrong)}-{wrong[6:8].strip()}.yaml"
        other.write_text(wrong)
        with pytest.raises(OperationError, match=r"known to fail|read as YAML"):
            known_failures.listed("ulmo", other)


def test_failed_tests_are_kept_until_they_pass(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="No test failed"):
        verb.chosen(Wanted(failed=True), tmp_path)
    last_failed.update(tmp_path, "lms", report(BAD, passed=(GOOD,)), [BAD])
    last_failed.update(tmp_path, "studio", report(OTHER), [OTHER])
    last_failed.update(tmp_path, "lms", report(passed=(GOOD,)), [])  # another one ran
    lms, studio = verb.chosen(Wanted(failed=True, arguments=["-x"]), tmp_path)
    assert (lms.paths, studio.paths, lms.options) == ([BAD], [OTHER], ("-x",))
    last_failed.update(tmp_path, "lms", report(passed=(BAD,)), [])
    assert [each.name for each in verb.chosen(Wanted(failed=True), tmp_path)] == ["studio"]
    with pytest.raises(OperationError, match="leave the paths out"):
        verb.chosen(Wanted(failed=True, arguments=["lms"]), tmp_path)


def test_many_failed_tests_are_named_by_their_files(tmp_path: Path) -> None:
    many = [f"lms/tests_{number % 3}.py::test_{number}" for number in range(last_failed.MOST + 1)]
    last_failed.update(tmp_path, "lms", report(*many), many)
    [lms] = verb.chosen(Wanted(failed=True), tmp_path)
    assert sorted(lms.paths) == ["lms/tests_0.py", "lms/tests_1.py", "lms/tests_2.py"]


def test_options_are_pytest_s_and_settings_can_be_chosen(tmp_path: Path) -> None:
    wanted = Wanted(arguments=["openedx", "-k", "x"], site="both", coverage=True, processes="auto")
    lms, studio = verb.chosen(wanted, tmp_path)
    assert lms.paths == studio.paths == ("openedx",)
    assert (lms.settings, studio.settings) == (SETTINGS["lms"], SETTINGS["studio"])
    options = ("--numprocesses", "auto", "--cov", "--cov-report=term:skip-covered", "-k", "x")
    assert lms.options == options
    assert [suite.name for suite in suites(["openedx", "cms"], site="studio")] == ["studio"]
    for wrong in (Wanted(site="mfe"), Wanted(processes="many"), Wanted(arguments=["../x"])):
        with pytest.raises(OperationError):
            verb.chosen(wrong, tmp_path)


def checkout(folder: Path) -> Path:
    for name in ("manage.py", "lms/x", "cms/x", "openedx/x"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def stack(**section: Any) -> Any:
    return load("campus", {"site": {"lms_host": "local.openedx.io"}, "development": section})


def test_the_mounted_checkout_is_tested(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "edx")
    there = {"folder": str(folder), "node_folder": "/src/edx"}
    assert verb.source_of(stack(mounts={"edx": there}, user=1234)) == Source(folder="/src/edx", user=1234)
    assert verb.source_of(stack()) is None
    with pytest.raises(OperationError, match="nowhere"):
        verb.source_of(stack(mounts={"edx": str(tmp_path / "nowhere")}))
    with pytest.raises(OperationError, match="no section openedx:development"):
        verb.source_of(load("campus", {"site": {"lms_host": "learn.example.org"}}))


def pod(suite: Suite, source: Source | None) -> dict[str, Any]:
    job = manifests.job("space", suite, IMAGES, Resources(), source=source)
    return dict(job["spec"]["template"]["spec"])


def test_the_pod_copies_the_checkout_which_it_can_not_write() -> None:
    source = Source(folder="/src/edx", user=1234)
    of_source = pod(Suite(name="lms", paths=["lms"]), source)
    assert {"name": "source", "hostPath": {"path": "/src/edx", "type": "Directory"}} in of_source["volumes"]
    assert of_source["securityContext"]["runAsUser"] == 1234
    [copy] = [each for each in of_source["initContainers"] if each["name"] == "copy"]
    assert {"name": "source", "mountPath": "/source", "readOnly": True} in copy["volumeMounts"]
    tests, _ = of_source["containers"]
    assert "source" not in {mount["name"] for mount in tests["volumeMounts"]}
    assert not any("hostPath" in volume for volume in pod(Suite(name="lms", paths=["lms"]), None)["volumes"])
    enforce = "pod-security.kubernetes.io/enforce"
    assert manifests.namespace("s", "i", mounts_folders=True)["metadata"]["labels"][enforce] == "privileged"
    assert manifests.namespace("s", "i")["metadata"]["labels"][enforce] == "restricted"


def test_the_copy_has_all_but_what_is_not_tested(tmp_path: Path) -> None:
    for name in ("lms/a b.py", ".git/config", "node_modules/x/y", "lms/node_modules_of/z", "__pycache__/q"):
        (tmp_path / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "source" / name).write_text(name)
    (tmp_path / "image/node_modules/jest").mkdir(parents=True)
    (tmp_path / "copy").mkdir()
    for suite in (Suite(name="lms", paths=["lms"]), quality.suite(["jest"])):
        containers = pod(suite, Source(folder="/src/edx"))["initContainers"]
        *shell, script = containers[-1]["command"]
        for path, ours in (("/copy", "copy"), ("/source", "source")):
            script = script.replace(path, f"{tmp_path}/{ours}")
        script = script.replace("/openedx/edx-platform", f"{tmp_path}/image")
        subprocess.run([*shell, script], check=True)
        found = {path.relative_to(tmp_path / "copy") for path in (tmp_path / "copy").rglob("*")}
        files = {str(path) for path in found if "edx-platform" in str(path) and "." in path.name[1:]}
        assert files >= {"edx-platform/lms/a b.py"}
        names = {str(path) for path in found}
        assert "edx-platform/lms/node_modules_of/z" in names and "all.tar" not in names
        assert not {"edx-platform/.git", "edx-platform/__pycache__", "edx-platform/node_modules/x"} & names
        assert ("edx-platform/node_modules/jest" in names) is suite.node_modules


@pytest.mark.parametrize(("expected", "code"), [({BAD: "asks the internet"}, 0), ({}, 1)])
def test_a_run_ends_with_the_code_that_follows_from_its_report(
    expected: dict[str, str], code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client = SimpleNamespace(namespace="scratch", delete=lambda *_: None)
    monkeypatch.setattr(platform_tests.connection, "address_of", lambda *_, **__: None)
    monkeypatch.setattr(platform_tests.connection, "connect", lambda *_: client)
    monkeypatch.setattr(platform_tests, "_create", lambda *_: None)
    ended = SimpleNamespace(follow=lambda: platform_tests.Outcome(1, report(BAD, passed=(GOOD,))))
    monkeypatch.setattr(platform_tests, "SuiteRun", lambda *_: ended)
    plan = platform_tests.Plan(
        suites=suites(["lms"]),
        images=IMAGES,
        resources=Resources(),
        logins={},
        reports=tmp_path,
        expected=expected,
    )
    console = Console(record=True, width=200, quiet=False, file=(tmp_path / "log").open("w"))
    file: Any = SimpleNamespace(local=False)
    assert platform_tests.run(file, stack(), plan, console) == code
    text = console.export_text()
    assert ("known to fail: " + BAD in text) is bool(expected)
    assert last_failed.failed(tmp_path, "lms") == ([] if expected else [BAD])
    assert (tmp_path / "lms.xml").exists()


class Checks:
    """The script of checks, in a folder that stands for the platform. `programs`: those of the image, with
    the exit code of each."""

    def __init__(self, folder: Path) -> None:
        self.platform, self.bin = folder / "edx-platform", folder / "bin"
        for path in (self.platform, self.bin, folder / "reports"):
            path.mkdir()
        text = scripts.text(quality.SCRIPT).replace("/openedx/", f"{folder}/")
        self.script = folder / "checks.sh"
        self.script.write_text(text)

    def run(self, *checks: str, **programs: int) -> tuple[int, str]:
        for name, code in programs.items():
            program = self.bin / name.replace("_", "-")
            program.write_text(f'#!/bin/sh\necho "ran {name} $*"\nexit {code}\n')
            program.chmod(0o755)
        environment = {"PATH": f"{self.bin}:/usr/bin:/bin"}
        command = ["sh", str(self.script), *checks]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def checks(tmp_path: Path) -> Checks:
    return Checks(tmp_path)


def test_all_checks_run_whatever_fails(checks: Checks) -> None:
    (checks.platform / "Makefile").write_text("xsslint: ## x\npii_check:\ncheck_keywords:\n")
    code, text = checks.run(*quality.QUALITY, make=0, pycodestyle=1, pylint=0, lint_imports=0)
    assert code == 1
    assert "ran pycodestyle ." in text and "ran pylint --django-settings-module=cms.envs.test cms" in text
    assert "ran make xsslint" in text and "ran lint_imports" in text
    assert "Failed: pycodestyle\n" in text
    assert "Left out: eslint stylelint" in text


def test_the_makefile_of_the_platform_has_the_first_word(checks: Checks) -> None:
    (checks.platform / "Makefile").write_text("pycodestyle: ## x\n\tpycodestyle .\n")
    code, text = checks.run("pycodestyle", make=0, pycodestyle=1)
    assert (code, "ran make pycodestyle" in text) == (0, True), text


def test_javascript_is_tested_by_the_platform_s_own_scripts(checks: Checks) -> None:
    (checks.platform / "package.json").write_text(
        '{"scripts": {\n  "test-jest": "jest",\n  "test-karma": "x"}}'
    )
    code, text = checks.run(*quality.JAVASCRIPT, npm=0)
    assert code == 0 and "ran npm run test-jest" in text
    assert "Left out: karma" in text and "build_apt_packages" in text
    code, text = checks.run(*quality.JAVASCRIPT, npm=3, firefox=0)
    assert code == 1 and "Failed: jest karma" in text


def test_where_no_check_can_run_nothing_is_called_good(checks: Checks) -> None:
    code, text = checks.run("imports")
    assert code == 5 and "Good" not in text


def test_checks_have_names_and_no_database() -> None:
    suite = quality.suite(["pylint", "eslint"])
    assert (suite.name, suite.node_modules, quality.suite(["pylint"]).node_modules) == (
        "quality",
        True,
        False,
    )
    assert quality.suite(()).paths == quality.QUALITY
    assert quality.suite(quality.JAVASCRIPT).name == "javascript"
    assert [each["name"] for each in pod(suite, None)["initContainers"]] == ["copy"]
    assert pod(suite, None)["containers"][0]["command"][1:] == [
        "/openedx/tests/platform_checks.sh",
        "pylint",
        "eslint",
    ]
    with pytest.raises(OperationError, match="no check mypy"):
        quality.suite(["mypy"])
