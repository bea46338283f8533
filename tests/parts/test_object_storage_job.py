"""The Job makes the buckets of the instance's own S3 server, once and for all."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from s3_server import BUCKETS, S3Server
from visitors import ask, refusal

pytestmark = pytest.mark.parts


def test_the_job_says_its_steps_and_makes_the_buckets(s3_servers: Callable[[], S3Server]) -> None:
    server = s3_servers()
    run = server.provision()
    lines = [line.removeprefix("storage_provision: ") for line in run.stdout.splitlines()]
    assert (run.returncode, run.stderr) == (0, "")
    assert lines[1:6] == [f"{number} of 7: bucket {name}" for number, name in enumerate(BUCKETS, 2)]
    assert lines[-1] == "done"
    administrator = server.client("administrator", server.secrets["s3_root_secret_key"])
    assert {bucket["Name"] for bucket in administrator.list_buckets()["Buckets"]} == set(BUCKETS)


def test_a_second_run_changes_nothing(s3: S3Server) -> None:
    administrator = s3.client("administrator", s3.secrets["s3_root_secret_key"])

    def state() -> list[Any]:
        found = administrator.list_buckets()["Buckets"]
        policies = [json.loads(administrator.get_bucket_policy(Bucket=name)["Policy"]) for name in BUCKETS]
        rules = [administrator.get_bucket_cors(Bucket=name)["CORSRules"] for name in BUCKETS]
        return [found, policies, rules, s3.platform().list_objects_v2(Bucket="dev-grades")["KeyCount"]]

    s3.platform().put_object(Bucket="dev-grades", Key="report.csv", Body=b"a,b")
    before = state()
    run = s3.provision()
    assert run.returncode == 0, run.stdout + run.stderr
    assert state() == before


def test_a_restart_keeps_everything(s3_servers: Callable[[], S3Server]) -> None:
    """Files, policies and CORS are on the volume; the Job finds its work done, and so does a killed one."""
    server = s3_servers()
    assert server.provision().returncode == 0
    server.platform().put_object(Bucket="dev-public", Key="a.txt", Body=b"kept")
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    server.start()
    assert ask(server.port, "GET", "/dev-public/a.txt")[:2] == (200, b"kept")
    assert server.platform().get_object(Bucket="dev-public", Key="a.txt")["Body"].read() == b"kept"
    assert server.provision().returncode == 0
    assert ask(server.port, "GET", "/dev-public")[0] == 403


def test_keys_are_rotated_by_a_restart_and_the_job(s3_servers: Callable[[], S3Server]) -> None:
    server = s3_servers()
    assert server.provision().returncode == 0
    server.platform().put_object(Bucket="dev-private", Key="a.txt", Body=b"kept")
    old = server.platform()
    server.stop()
    server.secrets |= {
        "s3_root_secret_key": "another-root",
        "s3_access_key": "another-name",
        "s3_secret_key": "another-key",
    }
    server.start()
    assert server.provision().returncode == 0
    assert refusal(old.get_object, Bucket="dev-private", Key="a.txt") == 403
    assert server.platform().get_object(Bucket="dev-private", Key="a.txt")["Body"].read() == b"kept"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("s3_root_secret_key", "the server refuses s3_root_secret_key"),
        ("s3_access_key", "rincipal"),
        ("s3_secret_key", "the platform doesn't reach dev-public by s3_access_key and s3_secret_key"),
    ],
)
def test_the_job_says_which_key_is_wrong(s3: S3Server, name: str, told: str) -> None:
    run = s3.provision(**{name: "wrong"})
    assert run.returncode == 1 and told in run.stdout and "Traceback" not in run.stderr
    hidden = [s3.secrets["s3_root_secret_key"], s3.secrets["s3_secret_key"]]
    assert not any(secret in run.stdout + run.stderr for secret in hidden)


def test_the_job_waits_for_the_server(s3_servers: Callable[[], S3Server]) -> None:
    server = s3_servers()
    server.stop()
    late = threading.Timer(1, server.start)
    late.start()
    try:
        run = server.provision()
    finally:
        late.join()
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_job_gives_up_where_no_server_answers(s3_servers: Callable[[], S3Server]) -> None:
    server = s3_servers()
    server.stop()
    run = server.provision()
    assert run.returncode == 1 and f"no server answers at {server.url}" in run.stdout
