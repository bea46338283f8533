"""The offline commands work from the command line, with the right words and codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from openedx_infra.operations.cli.app import main
from openedx_infra.operations.stack_files.checkout import CHECKOUT

COMMAND = [sys.executable, "-c", "from openedx_infra.operations.cli.app import main; main()"]


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]
VERBS = (
    *("up", "preview", "down", "destroy", "outputs", "status", "check", "render", "env", "secrets"),
    *("images", "releases", "test-platform"),
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: a process of its own takes a second each."""
    monkeypatch.setenv("OPENEDX_INFRA_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    monkeypatch.chdir(CHECKOUT)

    def run_it(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["openedx-infra", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr()
        return Done(returncode=int(ended.value.code or 0), stdout=said.out, stderr=said.err)

    return run_it


def test_a_process_of_its_own_helps_and_names_every_verb() -> None:
    done = subprocess.run([*COMMAND, "--help"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert all(verb in done.stdout for verb in VERBS)


def test_a_wrong_option_is_a_fault_of_usage(run: Run) -> None:
    assert run("up", "--nonsense").returncode == 2
    assert run("secrets", "rotate").returncode == 2
    assert run("secrets", "rotate", "--all", "mysql_password").returncode == 2


def test_check_passes_a_good_stack(run: Run) -> None:
    done = run("check")
    assert done.returncode == 0, done.stderr
    assert "is right" in done.stdout
    assert "names no cluster" in done.stdout


def test_check_tells_every_fault_without_a_traceback(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "stack.yaml"
    path.write_text("config:\n  openedx:site: {lms_host: CHANGEME}\n  openedx:relase: verawood\n")
    done = run("check", "--config-file", str(path))
    assert done.returncode == 1
    assert "openedx:site.lms_host" in done.stderr
    assert "openedx:relase" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize("verb", ["up", "preview", "check", "status", "outputs", "destroy"])
def test_a_stack_without_a_file_is_told(run: Run, verb: str) -> None:
    done = run(verb, "--stack", "absent")
    assert done.returncode == 1
    assert "There is no stack absent" in done.stderr


def test_status_of_a_cluster_that_was_never_started(run: Run) -> None:
    done = run("status")
    assert done.returncode == 1
    assert "never started" in done.stderr


def test_down_is_not_for_clusters_of_others(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "stack.yaml"
    path.write_text("config:\n  openedx:cluster: {context: k3s}\n")
    done = run("down", "--config-file", str(path))
    assert done.returncode == 1
    assert "not ours to stop" in done.stderr


def test_secrets_are_listed_without_any_value(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "stack.yaml"
    path.write_text(
        "config:\n  openedx:cluster: {context: k3s}\n  openedx:site: {lms_host: learn.example.org}\n"
        "  openedx:secrets: {mysql_password: {secure: v1:ciphertext}}\n"
    )
    done = run("secrets", "list", "--config-file", str(path))
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()[1:] if line.strip()}
    assert rows["mysql_password"] == "yes"
    assert rows["mongodb_password"] == "missing"
    assert "ciphertext" not in done.stdout


def test_render_writes_every_object_once_and_no_secret(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "rendered"
    assert run("render", "--output", str(output)).returncode == 0
    (output / "configmap-stale.yaml").write_text("# Rendered by openedx-infra.\nkind: ConfigMap\n")
    done = run("render", "--output", str(output))
    assert done.returncode == 0, done.stderr
    objects = {path.name: YAML(typ="safe").load(path.read_text()) for path in output.iterdir()}
    assert "configmap-stale.yaml" not in objects
    assert objects["deployment-lms.yaml"]["spec"]["replicas"] == 1
    assert f"{len(objects)} objects" in done.stdout
    for item in objects.values():
        if item["kind"] == "Secret":
            data = {**item.get("data", {}), **item.get("stringData", {})}
            assert data and set(data.values()) == {"[secret]"}


def test_render_spares_what_is_not_its_own(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("precious: true\n")
    done = run("render", "--output", str(tmp_path))
    assert done.returncode == 1
    assert "no rendering wrote" in done.stderr
    assert (tmp_path / "mine.yaml").read_text() == "precious: true\n"


def test_releases_are_side_by_side(run: Run) -> None:
    done = run("releases")
    assert done.returncode == 0, done.stderr
    heads = done.stdout.splitlines()[0].split()
    assert heads == ["ulmo", "verawood", "master"]
    told = json.loads(run("releases", "--json").stdout)
    assert list(told) == heads
    assert told["verawood"]["images"]["mysql"].startswith("docker.io/library/mysql:")
    fewer = run("releases", "--differences").stdout
    assert "Python" in fewer and len(fewer.splitlines()) < len(done.stdout.splitlines())


def test_images_are_listed_and_builds_refused_where_there_are_none(run: Run) -> None:
    done = run("images", "list", "--json")
    assert done.returncode == 0, done.stderr
    assert {row["name"] for row in json.loads(done.stdout)} >= {"openedx", "mfe", "mysql", "mongodb"}
    refused = run("images", "build")
    assert refused.returncode == 1
    assert "does not build any image" in refused.stderr
    assert run("images", "digest", "--write", "docker.io/library/mysql:8").returncode == 2


def test_tests_of_the_platform_need_a_cluster(run: Run) -> None:
    done = run("test-platform", "lms/djangoapps/grades")
    assert done.returncode == 1
    assert "never started" in done.stderr
    assert run("test-platform", "/etc").returncode == 1
