"""Does the instance's own S3 server do what settings and browsers expect of it? The real one is asked."""

from __future__ import annotations

import http.client
import http.server
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from s3_server import S3Server

from openedx_infra.operations.recording import Graph
from tools.recipes import PARTS
from tools.toolchain import ensure

pytestmark = pytest.mark.parts

SAID = {"site": {"lms_host": "learn.example.org"}, "datastores": {"storage": {"source": "in-cluster"}}}
FILES_HOST = "files.learn.example.org"
PURPOSES = ("public", "private", "grades", "ora", "exports")
BUCKETS = [f"dev-{purpose}" for purpose in PURPOSES]
PAGE = "http://learn.example.org"


def _container(graph: Graph, kind: str, name: str) -> Mapping[str, Any]:
    [found] = [r for r in graph.resources if (r.kind, r.name) == (kind, name)]
    container: Mapping[str, Any] = graph.object(found)["spec"]["template"]["spec"]["containers"][0]
    return container


@pytest.fixture(scope="module")
def binary() -> Path:
    return ensure(PARTS).paths["versitygw"]


@pytest.fixture(scope="module")
def make(
    binary: Path, recorded: Callable[..., Graph], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], S3Server]]:
    """Starts servers, each with an empty volume."""
    graph, servers = recorded(SAID), []

    def fresh() -> S3Server:
        server = S3Server(
            folder=tmp_path_factory.mktemp("s3"),
            binary=binary,
            container=_container(graph, "StatefulSet", "storage"),
            job=_container(graph, "Job", "storage-provision"),
            secrets={
                "s3_root_secret_key": "Root0Root1Root2Root3",
                "s3_access_key": "Platform0Platform1",
                "s3_secret_key": "Secret0Secret1Secret2",
            },
        )
        servers.append(server)
        server.start()
        return server

    yield fresh
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def server(make: Callable[[], S3Server]) -> S3Server:
    """One server, with its buckets, for tests that leave it as it is."""
    server = make()
    run = server.provision()
    assert run.returncode == 0, run.stdout + run.stderr
    return server


def _refusal(call: Callable[..., object], **said: object) -> int:
    with pytest.raises(ClientError) as error:
        call(**said)
    status: int = error.value.response["ResponseMetadata"]["HTTPStatusCode"]
    return status


def _ask(
    port: int, method: str, target: str, *, body: bytes | None = None, **headers: str
) -> tuple[int, bytes, dict[str, str]]:
    """An answer to a request without a login: its status, body and headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, body=body, headers=said)
        answer = connection.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def test_the_job_says_its_steps_and_makes_the_buckets(make: Callable[[], S3Server]) -> None:
    server = make()
    run = server.provision()
    lines = [line.removeprefix("storage_provision: ") for line in run.stdout.splitlines()]
    assert (run.returncode, run.stderr) == (0, "")
    assert lines[1:6] == [f"{number} of 7: bucket {name}" for number, name in enumerate(BUCKETS, 2)]
    assert lines[-1] == "done"
    administrator = server.client("administrator", server.secrets["s3_root_secret_key"])
    assert {bucket["Name"] for bucket in administrator.list_buckets()["Buckets"]} == set(BUCKETS)


def test_a_second_run_changes_nothing(server: S3Server) -> None:
    administrator = server.client("administrator", server.secrets["s3_root_secret_key"])

    def state() -> list[Any]:
        found = administrator.list_buckets()["Buckets"]
        policies = [json.loads(administrator.get_bucket_policy(Bucket=name)["Policy"]) for name in BUCKETS]
        rules = [administrator.get_bucket_cors(Bucket=name)["CORSRules"] for name in BUCKETS]
        return [found, policies, rules, server.platform().list_objects_v2(Bucket="dev-grades")["KeyCount"]]

    server.platform().put_object(Bucket="dev-grades", Key="report.csv", Body=b"a,b")
    before = state()
    run = server.provision()
    assert run.returncode == 0, run.stdout + run.stderr
    assert state() == before


@pytest.mark.parametrize("bucket", BUCKETS)
def test_the_platform_uses_its_buckets(server: S3Server, bucket: str) -> None:
    platform = server.platform()
    platform.put_object(
        Bucket=bucket, Key="a/file with spaces ü.txt", Body=b"hello", ContentType="text/plain"
    )
    got = platform.get_object(Bucket=bucket, Key="a/file with spaces ü.txt")
    assert (got["Body"].read(), got["ContentType"]) == (b"hello", "text/plain")
    platform.copy_object(Bucket=bucket, Key="a/copy.txt", CopySource=f"{bucket}/a/file with spaces ü.txt")
    listed = platform.list_objects_v2(Bucket=bucket, Prefix="a/")["Contents"]
    assert [entry["Key"] for entry in listed] == ["a/copy.txt", "a/file with spaces ü.txt"]
    platform.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": entry["Key"]} for entry in listed]})
    assert platform.list_objects_v2(Bucket=bucket, Prefix="a/")["KeyCount"] == 0


def test_large_files_come_in_parts(server: S3Server) -> None:
    platform, part = server.platform(), b"x" * 5 * 2**20
    upload = platform.create_multipart_upload(Bucket="dev-exports", Key="course.tar.gz")["UploadId"]
    where = {"Bucket": "dev-exports", "Key": "course.tar.gz", "UploadId": upload}
    parts = [
        {"PartNumber": n, "ETag": platform.upload_part(**where, PartNumber=n, Body=part)["ETag"]}
        for n in (1, 2)
    ]
    platform.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    assert platform.head_object(Bucket="dev-exports", Key="course.tar.gz")["ContentLength"] == 2 * len(part)


def test_the_platform_reaches_nothing_else(server: S3Server) -> None:
    administrator = server.client("administrator", server.secrets["s3_root_secret_key"])
    administrator.create_bucket(Bucket="somebody-elses")
    try:
        administrator.put_object(Bucket="somebody-elses", Key="a", Body=b"a")
        platform = server.platform()
        assert _refusal(platform.get_object, Bucket="somebody-elses", Key="a") == 403
        assert _refusal(platform.put_object, Bucket="somebody-elses", Key="b", Body=b"b") == 403
        assert _refusal(platform.list_objects_v2, Bucket="somebody-elses") == 403
        copied = {"CopySource": "somebody-elses/a"}
        assert _refusal(platform.copy_object, Bucket="dev-public", Key="a", **copied) == 403
        assert platform.list_buckets()["Buckets"] == []
        assert _refusal(platform.create_bucket, Bucket="dev-more") == 403
    finally:
        administrator.delete_object(Bucket="somebody-elses", Key="a")
        administrator.delete_bucket(Bucket="somebody-elses")


def test_the_platform_cannot_open_a_bucket(server: S3Server) -> None:
    """Neither by a policy nor by an ACL: what it writes stays as private as its bucket."""
    platform = server.platform()
    policy = server.client("administrator", server.secrets["s3_root_secret_key"]).get_bucket_policy(
        Bucket="dev-public"
    )["Policy"]
    opened = policy.replace("dev-public", "dev-private")
    assert _refusal(platform.put_bucket_policy, Bucket="dev-private", Policy=opened) == 403
    platform.put_object(Bucket="dev-private", Key="transcript.srt", Body=b"text", ACL="public-read")
    assert _ask(server.port, "GET", "/dev-private/transcript.srt")[0] == 403


def test_everybody_reads_what_is_public(server: S3Server) -> None:
    server.platform().put_object(Bucket="dev-public", Key="profile-images/a.jpg", Body=b"jpeg")
    status, body, _ = _ask(server.port, "GET", "/dev-public/profile-images/a.jpg")
    assert (status, body) == (200, b"jpeg")


@pytest.mark.parametrize(
    "target", ["/", "/dev-public", "/dev-public/", "/dev-public?list-type=2", "/dev-public?versions"]
)
def test_nobody_lists_what_is_public(server: S3Server, target: str) -> None:
    server.platform().put_object(Bucket="dev-public", Key="profile-images/a.jpg", Body=b"jpeg")
    status, body, _ = _ask(server.port, "GET", target)
    assert status == 403 and b"profile-images" not in body


def test_nobody_writes_without_a_login(server: S3Server) -> None:
    for bucket in BUCKETS:
        assert _ask(server.port, "PUT", f"/{bucket}/a", body=b"a")[0] == 403
        assert _ask(server.port, "DELETE", f"/{bucket}/a")[0] == 403


@pytest.mark.parametrize("bucket", BUCKETS[1:])
def test_what_needs_a_permission_is_for_nobody_else(server: S3Server, bucket: str) -> None:
    server.platform().put_object(Bucket=bucket, Key="a.txt", Body=b"private")
    status, body, _ = _ask(server.port, "GET", f"/{bucket}/a.txt")
    assert status == 403 and b"private" not in body.replace(bucket.encode(), b"")


def test_wrong_keys_are_refused(server: S3Server) -> None:
    access, key = server.secrets["s3_access_key"], server.secrets["s3_secret_key"]
    for client in (
        server.client(access, "wrong"),
        server.client("nobody", key),
        server.client("administrator", key),
    ):
        assert _refusal(client.list_objects_v2, Bucket="dev-private") == 403


def test_administration_is_not_for_the_network(server: S3Server) -> None:
    """The admin API listens within the pod alone; its path on the public port is no such thing."""
    for path in ("/create-user", "/list-users", "/list-buckets"):
        assert _ask(server.port, "PATCH", path)[0] == 405
    command = server.container["command"]
    assert command[command.index("--admin-port") + 1].startswith("127.0.0.1:")


@pytest.fixture
def proxy(server: S3Server) -> Iterator[Callable[[str | None], int]]:
    """Starts ingresses on a port: they keep the visitor's Host, or send the one that is said."""
    started: list[http.server.ThreadingHTTPServer] = []

    def start(host: str | None) -> int:
        class Ingress(http.server.BaseHTTPRequestHandler):
            def _pass_on(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "host")}
                headers["Host"] = host or self.headers["Host"]
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
                connection.request(self.command, self.path, self.rfile.read(length) or None, headers)
                answer = connection.getresponse()
                body = answer.read()
                self.send_response_only(answer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = _pass_on

            def log_message(self, format: str, *args: object) -> None:
                pass

        ingress = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ingress)
        threading.Thread(target=ingress.serve_forever, daemon=True).start()
        started.append(ingress)
        return int(ingress.server_address[1])

    yield start
    for ingress in started:
        ingress.shutdown()
        ingress.server_close()


def _signed(server: S3Server, call: str, key: str, **more: str) -> str:
    """Path and query of an address that the platform signs for browsers, at the public endpoint."""
    public = server.platform(f"https://{FILES_HOST}")
    url = public.generate_presigned_url(call, Params={"Bucket": "dev-ora", "Key": key, **more}, ExpiresIn=60)
    parts = urlsplit(url)
    assert parts.hostname == FILES_HOST
    return f"{parts.path}?{parts.query}"


def test_browsers_send_and_fetch_by_the_public_host(
    server: S3Server, proxy: Callable[[str | None], int]
) -> None:
    """Pods know the server by another name, and sign for the one that browsers see: both hold."""
    port = proxy(None)
    target = _signed(server, "put_object", "submission.txt")
    assert _ask(port, "PUT", target, body=b"essay", Host=FILES_HOST)[0] == 200
    assert server.platform().get_object(Bucket="dev-ora", Key="submission.txt")["Body"].read() == b"essay"
    target = _signed(server, "get_object", "submission.txt")
    assert _ask(port, "GET", target, Host=FILES_HOST)[:2] == (200, b"essay")


def test_a_signature_is_for_one_host_and_one_file(
    server: S3Server, proxy: Callable[[str | None], int]
) -> None:
    server.platform().put_object(Bucket="dev-ora", Key="theirs.txt", Body=b"theirs")
    mine = _signed(server, "get_object", "theirs.txt")
    assert _ask(proxy("storage:7070"), "GET", mine, Host=FILES_HOST)[0] == 403
    port = proxy(None)
    assert _ask(port, "GET", mine, Host=FILES_HOST)[0] == 200
    assert _ask(port, "GET", mine.replace("theirs.txt", "submission.txt"), Host=FILES_HOST)[0] == 403
    assert _ask(port, "PUT", mine, body=b"x", Host=FILES_HOST)[0] == 403


def test_pages_of_the_site_may_upload(server: S3Server) -> None:
    asked = {"Access_Control_Request_Method": "PUT", "Access_Control_Request_Headers": "content-type"}
    status, _, headers = _ask(server.port, "OPTIONS", "/dev-ora/a", Origin=PAGE, **asked)
    assert status == 200 and headers["access-control-allow-origin"] == PAGE
    assert "PUT" in headers["access-control-allow-methods"]
    assert _ask(server.port, "OPTIONS", "/dev-ora/a", Origin="http://evil.example", **asked)[0] == 403
    assert _ask(server.port, "OPTIONS", "/dev-grades/a", Origin=PAGE, **asked)[0] == 403


def test_no_secret_is_seen_from_outside(server: S3Server, proxy: Callable[[str | None], int]) -> None:
    target = _signed(server, "get_object", "submission.txt")
    _ask(proxy(None), "GET", target, Host=FILES_HOST)
    signature = target.partition("X-Amz-Signature=")[2].partition("&")[0]
    seen = server.environment() + server.log
    hidden = [server.secrets["s3_root_secret_key"], server.secrets["s3_secret_key"], signature]
    assert all(hidden) and [secret for secret in hidden if secret in seen] == []
    assert "X-Amz-Signature" in server.log  # it was logged, without its value


def test_a_restart_keeps_everything(make: Callable[[], S3Server]) -> None:
    """Files, policies and CORS are on the volume; the Job finds its work done, and so does a killed one."""
    server = make()
    assert server.provision().returncode == 0
    server.platform().put_object(Bucket="dev-public", Key="a.txt", Body=b"kept")
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    server.start()
    assert _ask(server.port, "GET", "/dev-public/a.txt")[:2] == (200, b"kept")
    assert server.platform().get_object(Bucket="dev-public", Key="a.txt")["Body"].read() == b"kept"
    assert server.provision().returncode == 0
    assert _ask(server.port, "GET", "/dev-public")[0] == 403


def test_keys_are_rotated_by_a_restart_and_the_job(make: Callable[[], S3Server]) -> None:
    server = make()
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
    assert _refusal(old.get_object, Bucket="dev-private", Key="a.txt") == 403
    assert server.platform().get_object(Bucket="dev-private", Key="a.txt")["Body"].read() == b"kept"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("s3_root_secret_key", "the server refuses s3_root_secret_key"),
        ("s3_access_key", "rincipal"),
        ("s3_secret_key", "the platform doesn't reach dev-public by s3_access_key and s3_secret_key"),
    ],
)
def test_the_job_says_which_key_is_wrong(server: S3Server, name: str, told: str) -> None:
    run = server.provision(**{name: "wrong"})
    assert run.returncode == 1 and told in run.stdout and "Traceback" not in run.stderr
    hidden = [server.secrets["s3_root_secret_key"], server.secrets["s3_secret_key"]]
    assert not any(secret in run.stdout + run.stderr for secret in hidden)


def test_the_job_waits_for_the_server(make: Callable[[], S3Server]) -> None:
    server = make()
    server.stop()
    late = threading.Timer(1, server.start)
    late.start()
    try:
        run = server.provision()
    finally:
        late.join()
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_job_gives_up_where_no_server_answers(make: Callable[[], S3Server]) -> None:
    server = make()
    server.stop()
    run = server.provision()
    assert run.returncode == 1 and f"no server answers at {server.url}" in run.stdout
