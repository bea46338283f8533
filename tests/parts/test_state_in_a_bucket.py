"""State in a bucket of a real S3 server, by Pulumi's own CLI; what is half configured never reaches it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from s3_server import S3Server

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state.open_stack import open_stack, tools

pytestmark = pytest.mark.parts

VARIABLES = ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "PULUMI_ACCESS_TOKEN", "PULUMI_BACKEND_URL")


@pytest.fixture
def bucket(s3_servers: Callable[[], S3Server], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> S3Server:
    """A server whose bucket the environment names, with credentials and a passphrase."""
    server = s3_servers()
    made = server.provision()
    assert made.returncode == 0, made.stdout + made.stderr
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, str(tmp_path / "none"))
    monkeypatch.setenv("OPENEDX_INFRA_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("PULUMI_CREDENTIALS_PATH", str(tmp_path))
    url = f"s3://dev-private?region=us-east-1&endpoint={server.url}&s3ForcePathStyle=true"
    monkeypatch.setenv("PULUMI_BACKEND_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.secrets["s3_access_key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secrets["s3_secret_key"])
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "right")
    return server


def test_a_stack_lives_in_a_bucket(bucket: S3Server, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.campus.yaml"
    path.write_text("config:\n  openedx:cluster: {context: theirs}\n")
    file = StackFile(name="campus", path=path, content={"config": {"openedx:cluster": {"context": "theirs"}}})
    toolchain = tools(Console(quiet=True))
    live = open_stack(file, toolchain)
    assert not live.exists()
    live.create()
    assert live.exists() and "encryptionsalt" in path.read_text()
    live.replace_state({"version": 3, "deployment": live.state()["deployment"]})
    kept = bucket.platform().get_object(Bucket="dev-private", Key=".pulumi/stacks/openedx/campus.json")
    assert json.loads(kept["Body"].read())["checkpoint"]["stack"] == "organization/openedx/campus"
    assert not list(tmp_path.rglob("campus.json")), "no state beside the bucket"


def test_half_of_a_login_never_reaches_the_server(
    bucket: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = StackFile(name="campus", path=tmp_path / "Pulumi.campus.yaml", content={"config": {}})
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    before = bucket.log
    with pytest.raises(OperationError, match="AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY"):
        open_stack(file, tools(Console(quiet=True)))
    assert bucket.log == before
