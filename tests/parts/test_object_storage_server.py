"""The instance's own S3 server does what settings and browsers expect of it. The real one is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from s3_server import BUCKETS, S3Server
from visitors import ask, ingress, refusal

pytestmark = pytest.mark.parts

FILES_HOST = "files.learn.example.org"
PAGE = "http://learn.example.org"


@pytest.mark.parametrize("bucket", BUCKETS)
def test_the_platform_uses_its_buckets(s3: S3Server, bucket: str) -> None:
    platform = s3.platform()
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


def test_large_files_come_in_parts(s3: S3Server) -> None:
    platform, part = s3.platform(), b"x" * 5 * 2**20
    upload = platform.create_multipart_upload(Bucket="dev-exports", Key="course.tar.gz")["UploadId"]
    where = {"Bucket": "dev-exports", "Key": "course.tar.gz", "UploadId": upload}
    parts = [
        {"PartNumber": n, "ETag": platform.upload_part(**where, PartNumber=n, Body=part)["ETag"]}
        for n in (1, 2)
    ]
    platform.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    assert platform.head_object(Bucket="dev-exports", Key="course.tar.gz")["ContentLength"] == 2 * len(part)


def test_the_platform_reaches_nothing_else(s3: S3Server) -> None:
    administrator = s3.client("administrator", s3.secrets["s3_root_secret_key"])
    administrator.create_bucket(Bucket="somebody-elses")
    try:
        administrator.put_object(Bucket="somebody-elses", Key="a", Body=b"a")
        platform = s3.platform()
        assert refusal(platform.get_object, Bucket="somebody-elses", Key="a") == 403
        assert refusal(platform.put_object, Bucket="somebody-elses", Key="b", Body=b"b") == 403
        assert refusal(platform.list_objects_v2, Bucket="somebody-elses") == 403
        copied = {"CopySource": "somebody-elses/a"}
        assert refusal(platform.copy_object, Bucket="dev-public", Key="a", **copied) == 403
        assert platform.list_buckets()["Buckets"] == []
        assert refusal(platform.create_bucket, Bucket="dev-more") == 403
    finally:
        administrator.delete_object(Bucket="somebody-elses", Key="a")
        administrator.delete_bucket(Bucket="somebody-elses")


def test_the_platform_cannot_open_a_bucket(s3: S3Server) -> None:
    """Neither by a policy nor by an ACL: what it writes stays as private as its bucket."""
    platform = s3.platform()
    policy = s3.client("administrator", s3.secrets["s3_root_secret_key"]).get_bucket_policy(
        Bucket="dev-public"
    )["Policy"]
    opened = policy.replace("dev-public", "dev-private")
    assert refusal(platform.put_bucket_policy, Bucket="dev-private", Policy=opened) == 403
    platform.put_object(Bucket="dev-private", Key="transcript.srt", Body=b"text", ACL="public-read")
    assert ask(s3.port, "GET", "/dev-private/transcript.srt")[0] == 403


def test_everybody_reads_what_is_public(s3: S3Server) -> None:
    s3.platform().put_object(Bucket="dev-public", Key="profile-images/a.jpg", Body=b"jpeg")
    status, body, _ = ask(s3.port, "GET", "/dev-public/profile-images/a.jpg")
    assert (status, body) == (200, b"jpeg")


@pytest.mark.parametrize(
    "target", ["/", "/dev-public", "/dev-public/", "/dev-public?list-type=2", "/dev-public?versions"]
)
def test_nobody_lists_what_is_public(s3: S3Server, target: str) -> None:
    s3.platform().put_object(Bucket="dev-public", Key="profile-images/a.jpg", Body=b"jpeg")
    status, body, _ = ask(s3.port, "GET", target)
    assert status == 403 and b"profile-images" not in body


def test_nobody_writes_without_a_login(s3: S3Server) -> None:
    for bucket in BUCKETS:
        assert ask(s3.port, "PUT", f"/{bucket}/a", body=b"a")[0] == 403
        assert ask(s3.port, "DELETE", f"/{bucket}/a")[0] == 403


@pytest.mark.parametrize("bucket", BUCKETS[1:])
def test_what_needs_a_permission_is_for_nobody_else(s3: S3Server, bucket: str) -> None:
    s3.platform().put_object(Bucket=bucket, Key="a.txt", Body=b"private")
    status, body, _ = ask(s3.port, "GET", f"/{bucket}/a.txt")
    assert status == 403 and b"private" not in body.replace(bucket.encode(), b"")


def test_wrong_keys_are_refused(s3: S3Server) -> None:
    access, key = s3.secrets["s3_access_key"], s3.secrets["s3_secret_key"]
    for client in (
        s3.client(access, "wrong"),
        s3.client("nobody", key),
        s3.client("administrator", key),
    ):
        assert refusal(client.list_objects_v2, Bucket="dev-private") == 403


def test_administration_is_not_for_the_network(s3: S3Server) -> None:
    """The admin API listens within the pod alone; its path on the public port is no such thing."""
    for path in ("/create-user", "/list-users", "/list-buckets"):
        assert ask(s3.port, "PATCH", path)[0] == 405
    command = s3.container["command"]
    assert command[command.index("--admin-port") + 1].startswith("127.0.0.1:")


@pytest.fixture
def proxy(s3: S3Server) -> Iterator[Callable[[str | None], int]]:
    """Starts ingresses, and says their ports."""
    started: list[ThreadingHTTPServer] = []

    def start(host: str | None) -> int:
        started.append(ingress(s3.port, host))
        return int(started[-1].server_address[1])

    yield start
    for one in started:
        one.shutdown()
        one.server_close()


def _signed(s3: S3Server, call: str, key: str, **more: str) -> str:
    """Path and query of an address that the platform signs for browsers, at the public endpoint."""
    public = s3.platform(f"https://{FILES_HOST}")
    url = public.generate_presigned_url(call, Params={"Bucket": "dev-ora", "Key": key, **more}, ExpiresIn=60)
    parts = urlsplit(url)
    assert parts.hostname == FILES_HOST
    return f"{parts.path}?{parts.query}"


def test_browsers_send_and_fetch_by_the_public_host(s3: S3Server, proxy: Callable[[str | None], int]) -> None:
    """Pods know the server by another name, and sign for the one that browsers see: both hold."""
    port = proxy(None)
    target = _signed(s3, "put_object", "submission.txt")
    assert ask(port, "PUT", target, body=b"essay", Host=FILES_HOST)[0] == 200
    assert s3.platform().get_object(Bucket="dev-ora", Key="submission.txt")["Body"].read() == b"essay"
    target = _signed(s3, "get_object", "submission.txt")
    assert ask(port, "GET", target, Host=FILES_HOST)[:2] == (200, b"essay")


def test_a_signature_is_for_one_host_and_one_file(s3: S3Server, proxy: Callable[[str | None], int]) -> None:
    s3.platform().put_object(Bucket="dev-ora", Key="theirs.txt", Body=b"theirs")
    mine = _signed(s3, "get_object", "theirs.txt")
    assert ask(proxy("storage:7070"), "GET", mine, Host=FILES_HOST)[0] == 403
    port = proxy(None)
    assert ask(port, "GET", mine, Host=FILES_HOST)[0] == 200
    assert ask(port, "GET", mine.replace("theirs.txt", "submission.txt"), Host=FILES_HOST)[0] == 403
    assert ask(port, "PUT", mine, body=b"x", Host=FILES_HOST)[0] == 403


def test_pages_of_the_site_may_upload(s3: S3Server) -> None:
    asked = {"Access_Control_Request_Method": "PUT", "Access_Control_Request_Headers": "content-type"}
    status, _, headers = ask(s3.port, "OPTIONS", "/dev-ora/a", Origin=PAGE, **asked)
    assert status == 200 and headers["access-control-allow-origin"] == PAGE
    assert "PUT" in headers["access-control-allow-methods"]
    assert ask(s3.port, "OPTIONS", "/dev-ora/a", Origin="http://evil.example", **asked)[0] == 403
    assert ask(s3.port, "OPTIONS", "/dev-grades/a", Origin=PAGE, **asked)[0] == 403


def test_no_secret_is_seen_from_outside(s3: S3Server, proxy: Callable[[str | None], int]) -> None:
    target = _signed(s3, "get_object", "submission.txt")
    ask(proxy(None), "GET", target, Host=FILES_HOST)
    signature = target.partition("X-Amz-Signature=")[2].partition("&")[0]
    seen = s3.environment() + s3.log
    hidden = [s3.secrets["s3_root_secret_key"], s3.secrets["s3_secret_key"], signature]
    assert all(hidden) and [secret for secret in hidden if secret in seen] == []
    assert "X-Amz-Signature" in s3.log  # it was logged, without its value
