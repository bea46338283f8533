"""The programs of an instance ask servers outside by the proxy: restic, rclone, boto3, Python's own client.

The preflight says what is wrong with it. An S3 server has a name that only the proxy can reach."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from forward_proxy import ForwardProxy, forwarding
from looking import Looked, Looker
from s3_server import BUCKETS, S3Server
from servers import free_port
from testing_tools import BACKUPS, ensure_for_tests

from openedx_infra.components.web_proxy import environment
from openedx_infra.config import load

pytestmark = pytest.mark.parts

HOST = "files.campus.invalid:9000"
"""A name that nobody can look up."""


@pytest.fixture
def proxy(s3: S3Server) -> Iterator[ForwardProxy]:
    with forwarding(s3.port) as proxy:
        yield proxy


def run(proxy: ForwardProxy, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={"PATH": os.environ["PATH"], **proxy.environment, **env},
        capture_output=True,
        text=True,
        timeout=120,
    )


def keys(s3: S3Server) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": s3.secrets["s3_access_key"],
        "AWS_SECRET_ACCESS_KEY": s3.secrets["s3_secret_key"],
    }


def test_restic_asks_it(s3: S3Server, proxy: ForwardProxy, tmp_path: Path) -> None:
    restic = str(ensure_for_tests(BACKUPS).paths["restic"])
    repository = f"s3:http://{HOST}/dev-private/{tmp_path.name}"
    env = {**keys(s3), "RESTIC_PASSWORD": "p", "HOME": str(tmp_path), "RESTIC_REPOSITORY": repository}
    made = run(proxy, restic, "init", "-o", "s3.bucket-lookup=path", **env)
    assert made.returncode == 0, made.stderr
    assert set(proxy.asked) == {HOST}


def listed(proxy: ForwardProxy, s3: S3Server, folder: Path, endpoint: str, **env: str) -> int:
    """How rclone ends that lists a bucket."""
    rclone = str(ensure_for_tests(BACKUPS).paths["rclone"])
    config = folder / "rclone.conf"
    config.write_text(
        f"[files]\ntype = s3\nprovider = Other\nendpoint = {endpoint}\nenv_auth = true\n"
        "force_path_style = true\nregion = us-east-1\n"
    )
    env = {**keys(s3), "RCLONE_CONFIG": str(config), "HOME": str(folder), **env}
    command = (rclone, "lsf", "files:dev-public", "--low-level-retries", "1", "--retries", "1")
    return run(proxy, *command, **env).returncode


def test_rclone_asks_it(s3: S3Server, proxy: ForwardProxy, tmp_path: Path) -> None:
    assert listed(proxy, s3, tmp_path, f"http://{HOST}") == 0
    assert set(proxy.asked) == {HOST}


def test_programs_in_go_except_what_stands_in_no_proxy(
    s3: S3Server, proxy: ForwardProxy, tmp_path: Path
) -> None:
    """As restic and rclone alike read it. Asked directly, these hosts are nowhere."""
    said = {
        "site": {"lms_host": "learn.example.org"},
        "datastores": {"storage": {"source": "in-cluster"}},
        "network": {"proxy": {"url": proxy.url, "exceptions": [".campus.invalid"]}},
    }
    variables = environment(load("dev", said))
    for endpoint in ("http://storage:7070", "http://s3.tools.svc:9000", f"http://{HOST}"):
        assert listed(proxy, s3, tmp_path, endpoint, **variables) != 0
        assert proxy.asked == [], endpoint
    assert listed(proxy, s3, tmp_path, "http://files.elsewhere.invalid", **variables) == 0
    assert set(proxy.asked) == {"files.elsewhere.invalid"}


def preflight(looker: Looker, proxy: ForwardProxy, s3: S3Server, endpoint: str) -> Looked:
    """What a preflight says of buckets at an address."""
    looker.secrets |= {name: s3.secrets[name] for name in ("s3_access_key", "s3_secret_key")}
    looker.environment |= proxy.environment
    looker.proxy = proxy.url
    purposes = ("public", "private", "grades", "ora", "exports")
    buckets = dict(zip(purposes, BUCKETS, strict=True))
    return looker.look(storage={"source": "external", "endpoint": endpoint, "buckets": buckets})


def test_the_preflight_asks_it(looker: Looker, s3: S3Server, proxy: ForwardProxy) -> None:
    looked = preflight(looker, proxy, s3, f"http://{HOST}").demand_fit()
    assert "the proxy answers 403 for learn.example.org:443" in looked.text
    assert set(proxy.asked) == {"learn.example.org:443", HOST}


def test_a_proxy_that_wants_a_password(looker: Looker, proxy: ForwardProxy) -> None:
    proxy.login = True
    looker.proxy = proxy.url
    looker.look().demand_fault(
        "openedx:network.proxy.url: it asks for user and password", "serve the addresses of the cluster's"
    )


def test_a_proxy_that_lets_nobody_through(looker: Looker, s3: S3Server, proxy: ForwardProxy) -> None:
    looked = preflight(looker, proxy, s3, "https://files.campus.invalid")
    assert looked.code == 1
    assert (
        "openedx:datastores.storage.endpoint: the proxy of openedx:network.proxy answers 403 for "
        "files.campus.invalid:443: let it go there, or name the host in openedx:network.proxy.exceptions, if "
        "pods reach it themselves"
    ) in looked.faults


def test_no_proxy_there(looker: Looker) -> None:
    looker.proxy = f"http://127.0.0.1:{free_port()}"
    looker.look().demand_fault("openedx:network.proxy.url: nobody answers at 127.0.0.1")


def test_a_server_that_is_no_proxy(looker: Looker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            client, _ = server.accept()
            with client:
                client.recv(100)
                client.sendall(b"220 mail.example.org ESMTP\r\n")

        threading.Thread(target=greet, daemon=True).start()
        looker.proxy = f"http://127.0.0.1:{server.getsockname()[1]}"
        looker.look().demand_fault("openedx:network.proxy.url: it is no HTTP proxy")
