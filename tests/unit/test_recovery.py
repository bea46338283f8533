"""A run takes over what a killed one left: its lock, and what it was creating."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from openedx_infra.operations.state import backend, locks, machine
from openedx_infra.operations.state.live_stack import LiveStack
from openedx_infra.operations.state.pulumi_cli import Cli
from openedx_infra.operations.state.recovery import recover, without_pending
from tools.paths import private_dir

JOB = "urn:pulumi:mine::openedx::openedx:index:Initialization$kubernetes:batch/v1:Job::lms-migrate"


def making(urn: str = JOB) -> dict[str, Any]:
    metadata = {"name": "lms-migrate-12345678", "namespace": "mine"}
    inputs = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {}}
    return {"type": "creating", "resource": {"urn": urn, "inputs": inputs}}


def test_what_exists_becomes_a_resource() -> None:
    state: dict[str, Any] = {"version": 3, "deployment": {"resources": [], "pending_operations": [making()]}}
    deployment = without_pending(state, {JOB: "pulumi-kubernetes-1"})["deployment"]
    (resource,) = deployment["resources"]
    assert resource["id"] == "mine/lms-migrate-12345678"
    assert resource["outputs"]["__fieldManager"] == "pulumi-kubernetes-1"
    assert resource["outputs"]["metadata"] == resource["inputs"]["metadata"]
    assert "pending_operations" not in deployment
    assert state["deployment"]["pending_operations"], "the state that was given stays as it is"


def test_what_does_not_exist_is_forgotten() -> None:
    updating = {"type": "updating", "resource": {"urn": "other"}}
    state = {"deployment": {"resources": [{"urn": "other"}], "pending_operations": [making(), updating]}}
    assert without_pending(state, {})["deployment"] == {"resources": [{"urn": "other"}]}


def test_what_it_was_to_replace_waits_for_its_deletion() -> None:
    state = {"deployment": {"resources": [{"urn": JOB, "id": "old"}], "pending_operations": [making()]}}
    old, new = without_pending(state, {JOB: "pulumi-kubernetes-1"})["deployment"]["resources"]
    assert old == {"urn": JOB, "id": "old", "delete": True}
    assert "delete" not in new


class Killed(LiveStack):
    """A stack whose last run was killed while AWS made its database."""

    def __init__(self, folder: Path) -> None:
        super().__init__("mine", config_file=folder, cli=Cli(Path("pulumi"), {}))
        urn = "urn:pulumi:mine::openedx::openedx:index:Datastores$aws:rds/instance:Instance::mine-mysql"
        resource = {"urn": urn, "inputs": {"identifier": "mine-mysql-1a2b3c4"}}
        self.kept: dict[str, Any] = {
            "deployment": {"pending_operations": [{"type": "creating", "resource": resource}]}
        }

    def state(self) -> dict[str, Any]:
        return self.kept

    def replace_state(self, state: Mapping[str, Any]) -> None:
        self.kept = dict(state)


def test_what_aws_was_making_is_told_by_its_name_there(tmp_path: Path) -> None:
    stack, said = Killed(tmp_path), io.StringIO()
    recover(stack, None, Console(file=said, width=500))
    assert "mine-mysql (mine-mysql-1a2b3c4)" in said.getvalue()
    assert "delete the first one at AWS" in said.getvalue()
    assert "pending_operations" not in stack.kept["deployment"]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state of a checkout, in a folder of the test's own."""
    for module in (backend, machine):
        monkeypatch.setattr(module, "state", lambda: private_dir(tmp_path / "checkout"))


class Locked(LiveStack):
    """A stack with locks in a folder: by default the state of the checkout."""

    def __init__(self, folder: Path, url: str = "") -> None:
        environment = backend.environment({"PULUMI_BACKEND_URL": url, "HOME": str(folder)}, local=False)
        folder = Path(environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
        super().__init__("mine", config_file=folder, cli=Cli(Path("pulumi"), environment))
        self.folder = folder / ".pulumi" / "locks" / "organization" / "openedx" / "mine"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.cancelled = False

    def lock(self, pid: int, host: str) -> None:
        (self.folder / f"{pid}.json").write_text(json.dumps({"pid": pid, "hostname": host}))

    def run(self, *arguments: str, folder: Path | None = None, stdin: str | None = None) -> str:
        assert arguments[0] == "cancel"
        self.cancelled = True
        return ""


@pytest.fixture
def dead() -> int:
    """The number of a process that ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def cleared(stack: Locked, printed: io.StringIO | None = None) -> bool:
    locks.clear_dead(stack, Console(file=printed or io.StringIO(), width=500))
    return stack.cancelled


def test_the_lock_of_the_dead_is_cleared(tmp_path: Path, dead: int) -> None:
    stack = Locked(tmp_path)
    stack.lock(dead, socket.gethostname())
    assert cleared(stack)


def test_a_number_that_went_to_another_program_is_no_holder(tmp_path: Path) -> None:
    stack = Locked(tmp_path)
    stack.lock(os.getpid(), socket.gethostname())
    assert cleared(stack)


def test_a_zombie_is_dead(tmp_path: Path) -> None:
    stack = Locked(tmp_path)
    with subprocess.Popen(["sleep", "0"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        stack.lock(process.pid, socket.gethostname())
        assert cleared(stack)


def test_the_lock_of_a_pulumi_that_runs_is_left(tmp_path: Path) -> None:
    program = tmp_path / "pulumi"
    program.symlink_to("/bin/sleep")
    stack = Locked(tmp_path)
    with subprocess.Popen([str(program), "60"]) as process:
        stack.lock(process.pid, socket.gethostname())
        try:
            assert not cleared(stack)
        finally:
            process.kill()


def test_the_lock_of_another_machine_is_left(tmp_path: Path, dead: int) -> None:
    stack = Locked(tmp_path)
    stack.lock(dead, "elsewhere")
    assert not cleared(stack)


def test_one_living_lock_keeps_all(tmp_path: Path, dead: int) -> None:
    stack = Locked(tmp_path)
    stack.lock(dead, socket.gethostname())
    stack.lock(dead + 1, "elsewhere")
    assert not cleared(stack)


def test_no_lock_is_nothing_to_do(tmp_path: Path) -> None:
    assert not cleared(Locked(tmp_path))


def test_a_shared_backend_is_not_judged_from_here(tmp_path: Path, dead: int) -> None:
    """Two runners of CI may have one name, and neither sees the other's processes."""
    shared = tmp_path / "shared"
    shared.mkdir()
    stack, printed = Locked(tmp_path, shared.as_uri()), io.StringIO()
    stack.lock(dead, socket.gethostname())
    assert not cleared(stack, printed)
    assert "container of that name may still be at work" in printed.getvalue()
    assert "pulumi cancel --stack mine" in printed.getvalue()


def test_two_containers_of_one_name_over_one_checkout_leave_each_others_locks(
    tmp_path: Path, dead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "identity", lambda: "container-1-boot")
    Locked(tmp_path / "first").lock(dead, socket.gethostname())
    monkeypatch.setattr(machine, "identity", lambda: "container-2-boot")
    stack, printed = Locked(tmp_path / "second"), io.StringIO()
    assert not cleared(stack, printed) and "pulumi cancel" in printed.getvalue()
    day_before = time.time() - machine.FORGOTTEN_SECONDS - 1
    os.utime(tmp_path / "checkout/machines/container-1-boot", (day_before, day_before))
    assert cleared(stack), "nobody else has used it for a day"


def test_a_machine_is_the_same_after_a_restart_and_a_container_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot, name = tmp_path / "boot_id", tmp_path / "machine-id"
    name.write_text("m1\n")
    monkeypatch.setattr(machine, "_BOOT_ID", boot)
    monkeypatch.setattr(machine, "_MACHINE_ID", name)

    def identities(inode: int) -> set[str]:
        monkeypatch.setattr(machine, "_OUTSIDE_CONTAINERS", inode)
        found = set()
        for each in ("b1", "b2"):
            boot.write_text(each)
            found.add(machine.identity())
        return found

    here = Path("/proc/self/ns/pid").stat().st_ino
    assert identities(here) == {"machine-m1"}
    assert identities(here + 1) == {f"container-{here}-b1", f"container-{here}-b2"}
