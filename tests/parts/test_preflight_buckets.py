"""The preflight names what is wrong with buckets. A real S3 server, whose policies are spoiled."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from forward_proxy import forwarding
from looking import Looker
from servers import HOST, Process, free_port, wait
from testing_tools import PARTS, ensure_for_tests

from openedx_infra.config.services import registry

pytestmark = pytest.mark.parts

PURPOSES = ("public", "private", "grades", "ora", "exports")
NAMES = {purpose: f"campus-{purpose}" for purpose in PURPOSES}
ROOT, KEY, SECRET = "Root0Root1", "Platform0Platform1", "Secret0Secret1Secret2"
EVERYBODY = {"AWS": ["*"]}

Policy = Callable[..., None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Buckets as an operator would make them, by somebody whose key the platform never sees."""
    gateway = Process(tmp_path_factory.mktemp("s3"))
    data, users = gateway.folder / "data", gateway.folder / "users"
    data.mkdir()
    users.mkdir()
    account = {"access": KEY, "secret": SECRET, "role": "user", "userID": 0, "groupID": 0, "projectID": 0}
    (users / "users.json").write_text(json.dumps({"accessAccounts": {KEY: account}}))
    command = [
        str(ensure_for_tests(PARTS).paths["versitygw"]),
        "--port",
        f"{HOST}:{gateway.port}",
        "--iam-dir",
        str(users),
    ]
    gateway.run([*command, "posix", str(data)], ROOT_ACCESS_KEY=ROOT, ROOT_SECRET_KEY=SECRET)
    wait(gateway.open, "versitygw", gateway.log)
    for name in NAMES.values():
        _root(gateway).create_bucket(Bucket=name)
    yield gateway
    gateway.stop()


@pytest.fixture
def policy(server: Process) -> Policy:
    """Sets what a bucket allows to the platform's key and to everybody; as it should be, to begin with."""

    def allow(purpose: str, *strangers: str, platform: bool = True) -> None:
        bucket = NAMES[purpose]
        statements = [_statement(bucket, EVERYBODY, action) for action in strangers]
        if platform:
            statements.append(_statement(bucket, {"AWS": [KEY]}, "s3:*"))
        if statements:
            text = json.dumps({"Version": "2012-10-17", "Statement": statements})
            _root(server).put_bucket_policy(Bucket=bucket, Policy=text)
        else:
            _root(server).delete_bucket_policy(Bucket=bucket)

    for purpose in PURPOSES:
        allow(purpose, *(["s3:GetObject"] if purpose == "public" else []))
    for purpose in ("public", "ora"):
        open_to(server, purpose, "GET", "HEAD", "PUT")
    return allow


def open_to(server: Process, purpose: str, *methods: str, origin: str = "*") -> None:
    """Sets what pages of an origin may do with a bucket; without methods, nothing."""
    client, bucket = _root(server), NAMES[purpose]
    client.delete_bucket_cors(Bucket=bucket)
    if methods:
        rule = {"AllowedOrigins": [origin], "AllowedMethods": list(methods), "AllowedHeaders": ["*"]}
        client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})


@pytest.fixture
def pod(looker: Looker, policy: Policy) -> Looker:
    looker.secrets |= {"s3_access_key": KEY, "s3_secret_key": SECRET}
    return looker


def said(server: Process, **more: Any) -> dict[str, Any]:
    return {"source": "external", "endpoint": f"http://{HOST}:{server.port}", "buckets": NAMES, **more}


def test_right_buckets_are_fit_and_stay_empty(server: Process, pod: Looker) -> None:
    pod.look(storage=said(server)).demand_fit()
    client = _root(server)
    assert [name for name in NAMES.values() if client.list_objects_v2(Bucket=name)["KeyCount"]] == []


def test_a_bucket_that_is_not_there(server: Process, pod: Looker) -> None:
    wrong = said(server, buckets={**NAMES, "ora": "campus-missing"})
    pod.look(storage=wrong).demand_fault("storage.buckets.ora: there is no bucket campus-missing")


def test_a_bucket_that_the_platform_may_not_use(server: Process, pod: Looker, policy: Policy) -> None:
    policy("grades", platform=False)
    pod.look(storage=said(server)).demand_fault(
        "storage.buckets.grades: ", "may not see bucket campus-grades"
    )


def test_a_bucket_that_only_reads(server: Process, pod: Looker) -> None:
    bucket = NAMES["exports"]
    reads = ["s3:GetObject", "s3:ListBucket", "s3:GetBucketAcl"]
    statements = [_statement(bucket, {"AWS": [KEY]}, action) for action in reads]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    _root(server).put_bucket_policy(Bucket=bucket, Policy=text)
    pod.look(storage=said(server)).demand_fault("storage.buckets.exports: ", "may not put into bucket")


def test_what_strangers_may(server: Process, pod: Looker, policy: Policy) -> None:
    policy("public")
    pod.look(storage=said(server)).demand_fault("buckets.public: ", "pages would lack their images")
    policy("public", "s3:GetObject", "s3:ListBucket")
    pod.look(storage=said(server)).demand_fault("buckets.public: ", "strangers can list bucket campus-public")
    policy("public", "s3:GetObject")
    policy("ora", "s3:GetObject")
    pod.look(storage=said(server)).demand_fault("buckets.ora: ", "strangers can read bucket campus-ora")


def test_what_pages_of_the_site_may(server: Process, pod: Looker) -> None:
    looked = pod.look(storage=said(server)).demand_fit()
    assert not [line for line in looked.warnings if "browsers may not" in line]
    open_to(server, "ora")
    fault = pod.look(storage=said(server)).demand_fault("storage.buckets.ora: ", "browsers may not PUT")
    assert "AllowedMethods [GET, HEAD, PUT], AllowedHeaders [*]" in fault
    assert fault.count("learn.example.org") >= 3, "each of the site's origins is named"
    open_to(server, "ora", "GET", "HEAD")
    pod.look(storage=said(server)).demand_fault("storage.buckets.ora: ", "browsers may not PUT")
    open_to(server, "ora", "GET", "PUT", origin="https://elsewhere.example.org")
    pod.look(storage=said(server)).demand_fault("storage.buckets.ora: ", "browsers may not PUT")
    # Pods need not reach the name that browsers use.
    public = said(server, public_endpoint=f"http://{HOST}:{free_port()}")
    pod.look(storage=public).demand_fault("storage.buckets.ora: ", "browsers may not PUT")
    open_to(server, "ora", "GET", "HEAD", "PUT")
    open_to(server, "public")
    warnings = pod.look(storage=public).demand_fit().warnings
    assert any("browsers may not GET" in line and "buckets.public" in line for line in warnings)


def test_signed_addresses_at_the_public_endpoint(server: Process, pod: Looker) -> None:
    with forwarding(server.port) as front:
        looked = pod.look(storage=said(server, public_endpoint=front.url)).demand_fit()
        assert "were not tried" not in looked.text
        front.host = f"{HOST}:{server.port}"
        looked = pod.look(storage=said(server, public_endpoint=front.url))
    assert looked.code == 1 and len(looked.faults) == 4, looked.text
    for fault, purpose in zip(looked.faults, PURPOSES[1:], strict=True):
        assert f"storage.public_endpoint: a signed address of bucket campus-{purpose} is refused" in fault
        assert "pass on the host" in fault


def test_a_wrong_key(server: Process, pod: Looker) -> None:
    pod.secrets["s3_secret_key"] = "guessed-wrongly"
    looked = pod.look(storage=said(server))
    assert looked.code == 1 and all("openedx:secrets" in fault for fault in looked.faults), looked.text


def test_nobody_there(server: Process, pod: Looker) -> None:
    gone = said(server, endpoint=f"http://{HOST}:{free_port()}")
    pod.look(storage=gone).demand_fault("storage.endpoint: nobody answers")


def test_a_clock_that_is_wrong(server: Process, pod: Looker) -> None:
    pod.look(90, storage=said(server)).demand_fault("behind this cluster's")


def _statement(bucket: str, who: dict[str, list[str]], action: str) -> dict[str, Any]:
    of_objects = "Object" in action
    places = [f"arn:aws:s3:::{bucket}/*"] if of_objects else [f"arn:aws:s3:::{bucket}"]
    if action == "s3:*":
        places = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return {"Effect": "Allow", "Principal": who, "Action": [action], "Resource": places}


def _root(server: Process) -> Any:
    # Loaded late: every run collects this folder, and most run none of its tests.
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=f"http://{HOST}:{server.port}",
        region_name="us-east-1",
        aws_access_key_id=ROOT,
        aws_secret_access_key=SECRET,
        config=Config(s3={"addressing_style": "path"}),
    )


def test_buckets_of_services_are_looked_at(
    server: Process, pod: Looker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "BUILT_IN", {"gallery": "sample_services:GALLERY"})
    pod.services = {"gallery": {}}
    named = said(server, service_buckets={"gallery-media": "campus-gallery"})
    looked = pod.look(storage=named)
    assert looked.faults == [
        "openedx:datastores.storage.service_buckets.gallery-media: there is no bucket campus-gallery: make "
        "it, or correct its name",
        "openedx:datastores.storage.service_buckets.gallery-drafts: there is no bucket dev-gallery-drafts: "
        "make it, or correct its name",
    ], looked.text
    root = _root(server)
    for bucket, strangers in (("campus-gallery", True), ("dev-gallery-drafts", False)):
        root.create_bucket(Bucket=bucket)
        rules = [_statement(bucket, {"AWS": [KEY]}, "s3:*")]
        rules += [_statement(bucket, EVERYBODY, "s3:GetObject")] if strangers else []
        text = json.dumps({"Version": "2012-10-17", "Statement": rules})
        root.put_bucket_policy(Bucket=bucket, Policy=text)
    pod.look(storage=named).demand_fit()
