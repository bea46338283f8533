"""What can't work is refused: one message, code 1, no traceback, and nothing is changed anywhere."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from checkouts import Said
from instances import FirstUp, Instance

from tools.certificates import Authority
from tools.control_plane import CONTEXT

pytestmark = pytest.mark.engine

NewStack = Callable[..., Instance]
SITE = {"lms_host": "refused.example.org"}


@pytest.fixture(scope="module")
def sealed(first_up: FirstUp, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An operator's stack file with its secrets, encrypted with the passphrase `right`."""
    dev = first_up.instance
    file = tmp_path_factory.mktemp("sealed") / "stack.yaml"
    stack = Instance(dev.checkout, "sealed", file, dev.kubeconfig, {"PULUMI_CONFIG_PASSPHRASE": "right"})
    stack.say(site=SITE, cluster={"context": CONTEXT, "kubeconfig": str(dev.kubeconfig)})
    said = stack.run("secrets", "generate")
    assert said.code == 0, said.text
    return file


@pytest.fixture
def new_stack(first_up: FirstUp, tmp_path: Path, request: pytest.FixtureRequest) -> NewStack:
    """Makes an operator's stack that was never brought up, on a cluster by its kubeconfig.

    `like` is a stack file to begin with.
    """
    dev = first_up.instance

    def make(
        kubeconfig: Path = dev.kubeconfig,
        *,
        context: str = CONTEXT,
        like: Path | None = None,
        **sections: Any,
    ) -> Instance:
        name = request.node.originalname.removeprefix("test_").replace("_", "-")[:30].strip("-")
        file = tmp_path / "stack.yaml"
        if like:
            shutil.copy(like, file)
        stack = Instance(dev.checkout, name, file, dev.kubeconfig, {"PULUMI_CONFIG_PASSPHRASE": "right"})
        cluster = {"context": context, "kubeconfig": str(kubeconfig)}
        stack.say(**({"site": SITE, "cluster": cluster} | sections))
        return stack

    return make


@pytest.fixture
def kubeconfig(first_up: FirstUp, tmp_path: Path) -> Callable[..., Path]:
    """Makes kubeconfigs like the embedded cluster's, with other values for a cluster or a user."""

    def make(*, cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> Path:
        content = yaml.safe_load(first_up.instance.kubeconfig.read_text())
        content["clusters"][0]["cluster"] |= cluster or {}
        content["users"][0]["user"] = user or content["users"][0]["user"]
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(content))
        return path

    return make


@pytest.fixture(autouse=True)
def _nothing_is_changed(dev: Instance) -> Iterator[None]:
    before = dev.pods(), dev.objects(), dev.checkout.changed()
    yield
    assert (dev.pods(), dev.objects(), dev.checkout.changed()) == before


def demand_refused(stack: Instance, said: Said) -> str:
    """What was said when it was refused. Asking once is enough to see that no namespace was made."""
    assert said.code == 1, said.text
    assert not stack.exists()
    return said.err


def test_missing_secrets(new_stack: NewStack) -> None:
    stack = new_stack()
    before = stack.file.read_text()
    for said in (stack.run("up", "--yes"), stack.run("preview")):
        err = demand_refused(stack, said)
        assert err.count("Stack missing-secrets:") == 1
        for name in ("django_secret_key", "mysql_root_password", "fernet_keys", "jwt_private_key"):
            assert f"openedx:secrets.{name}: missing" in err
        assert "openedx-infra secrets generate --stack missing-secrets" in err
    assert stack.file.read_text() == before


def test_missing_secret_that_only_the_operator_knows(new_stack: NewStack) -> None:
    mail = {"delivery": {"source": "smtp", "host": "smtp.example.org", "username": "mailer"}}
    stack = new_stack(mail=mail, cluster=None)
    assert "openedx:secrets.mail_password" in demand_refused(stack, stack.run("up"))


def test_wrong_passphrase(new_stack: NewStack, sealed: Path) -> None:
    stack = new_stack(like=sealed)
    for said in (
        stack.run("up", "--yes", PULUMI_CONFIG_PASSPHRASE="wrong"),
        stack.run("preview", PULUMI_CONFIG_PASSPHRASE="wrong"),
    ):
        err = demand_refused(stack, said)
        assert "PULUMI_CONFIG_PASSPHRASE is not the passphrase" in err
        assert "set PULUMI_CONFIG_PASSPHRASE" in err


def test_unreachable_cluster(new_stack: NewStack, sealed: Path, kubeconfig: Callable[..., Path]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        server = f"https://127.0.0.1:{nobody.getsockname()[1]}"
        stack = new_stack(kubeconfig(cluster={"server": server}), like=sealed)
        err = demand_refused(stack, stack.run("up", "--yes"))
    assert "can't be reached" in err and "Nothing was changed" in err
    assert f"kubectl --context {CONTEXT}" in err


def test_unknown_context(new_stack: NewStack, sealed: Path) -> None:
    stack = new_stack(context="production", like=sealed)
    err = demand_refused(stack, stack.run("up", "--yes"))
    assert "no context production" in err and CONTEXT in err


def test_another_cluster_at_the_address(
    new_stack: NewStack, sealed: Path, kubeconfig: Callable[..., Path], tmp_path: Path
) -> None:
    """Its certificate is of an authority that the kubeconfig does not know."""
    certificate = Authority(tmp_path, "other").pair.certificate.read_bytes()
    cluster = {"certificate-authority-data": b64encode(certificate).decode()}
    stack = new_stack(kubeconfig(cluster=cluster), like=sealed)
    err = demand_refused(stack, stack.run("up", "--yes"))
    assert "can't be reached" in err and "certificate" in err


def test_unknown_user(new_stack: NewStack, sealed: Path, kubeconfig: Callable[..., Path]) -> None:
    stack = new_stack(kubeconfig(user={"token": "of nobody"}), like=sealed)
    assert "does not know this user (401)" in demand_refused(stack, stack.run("up", "--yes"))


def test_changeme_left_in_the_example(dev: Instance) -> None:
    for command, words in (("openedx-infra", ("up", "--yes")), ("pulumi", ("up", "--yes"))):
        said = dev.checkout.run(command, *words, "--stack", "prod")
        assert said.code == 1, said.text
        assert "openedx:site.lms_host: still says CHANGEME" in said.text
        assert "openedx:cluster.context: still says CHANGEME" in said.text


def test_override_that_nothing_is_meant_by(dev: Instance) -> None:
    said = changed(dev, overrides=[{"kind": "Deployment", "name": "lsm", "patch": {"spec": {"replicas": 2}}}])
    assert said.code == 1, said.text
    assert "openedx:overrides[0]: no Deployment is called lsm" in said.err


def test_a_change_that_data_would_not_survive(dev: Instance) -> None:
    said = changed(
        dev, datastores={"protect": False, "mysql": {"source": "in-cluster", "database": "another"}}
    )
    assert said.code == 1, said.text
    assert 'was "openedx" when the instance was created and cannot be changed to "another"' in said.err
    assert "openedx:datastores.mysql.database" in said.err and "moved: [mysql]" in said.err


def test_another_run_at_work(dev: Instance, tmp_path: Path) -> None:
    """Its lock names a process that lives and is a Pulumi."""
    pulumi = shutil.copy(shutil.which("sleep") or "/bin/sleep", tmp_path / "pulumi")
    with subprocess.Popen([pulumi, "60"]) as process:
        lock = lock_file(dev)
        holder = {
            "username": "somebody",
            "hostname": socket.gethostname(),
            "timestamp": "2026-01-01T00:00:00Z",
        }
        lock.write_text(json.dumps(holder | {"pid": process.pid}))
        said = dev.run("up", "--yes")
        process.kill()
    assert said.code == 1, said.text
    assert "Another run works on stack dev" in said.err
    assert lock.exists(), "it is not ours to clear"
    said = dev.run("preview", "--expect-no-changes")
    assert said.code == 0, said.text
    assert "its lock is cleared" in said.out


def test_a_port_in_use_is_given_way(dev: Instance) -> None:
    """The instance is the same at the new address: nothing would be replaced."""
    assert dev.run("down").code == 0
    port = int(
        yaml.safe_load(dev.kubeconfig.read_text())["clusters"][0]["cluster"]["server"].rpartition(":")[2]
    )
    with socket.create_server(("127.0.0.1", port)):
        said = dev.run("preview", "--expect-no-changes")
    assert said.code == 0, said.text
    assert f"port {port} is taken" in said.text
    assert dev.unready() == []


def changed(instance: Instance, **sections: Any) -> Said:
    """What `up` says to a changed stack file, which is put back."""
    before = instance.file.read_text()
    instance.say(**sections)
    try:
        return instance.run("up", "--yes")
    finally:
        instance.file.write_text(before)


def lock_file(instance: Instance) -> Path:
    """Where Pulumi's file backend would keep the lock of somebody's run."""
    folder = (
        instance.checkout.state / "state" / ".pulumi" / "locks" / "organization" / "openedx" / instance.name
    )
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "11111111-1111-1111-1111-111111111111.json"
