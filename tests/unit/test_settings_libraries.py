"""The platform's libraries read the settings of datastores that are elsewhere.

django-redis, Celery, redis-py, pymongo, django-storages and boto3 are real, and of the versions that the
platform pins (tests/data/use_settings.py); the platform is a stand-in. Nothing is sent.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import settings_case as case
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from filelock import FileLock
from settings_elsewhere import ELSEWHERE
from settings_pod import Pod

USE = (case.DATA / "use_settings.py").read_text(encoding="utf-8")
LIBRARIES = re.findall(r"^(?:import|from) (boto\S+|celery|django\S*|pymongo|redis)", USE, re.MULTILINE)
"""Libraries that the program loads before it loads the settings."""


@pytest.fixture(scope="module")
def certificate() -> tuple[bytes, bytes]:
    """A certificate that is its own authority, and its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "campus")])
    now = datetime.datetime(2026, 1, 1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(pem), private


class Used:
    """What the libraries make of each case, asked once for all workers of a run."""

    def __init__(self, folder: Path, answers: Path, certificate: tuple[bytes, bytes]) -> None:
        self.folder, self.answers, self.certificate = folder, answers, certificate
        self.known: dict[tuple[str, str], dict[str, Any]] = {}
        self.pods: subprocess.Popen[str] | None = None

    def __call__(self, name: str, site: str = "lms") -> dict[str, Any]:
        if (name, site) not in self.known:
            answer = self.answers / f"settings-used-{name}-{site}.json"
            with FileLock(f"{answer}.lock"):
                if not answer.exists():
                    answer.write_text(self._ask(name, site), encoding="utf-8")
            self.known[name, site] = json.loads(answer.read_text(encoding="utf-8"))
        return self.known[name, site]

    def _ask(self, name: str, site: str) -> str:
        folder = self.folder / f"{name}-{site}"
        folder.mkdir()
        pod = Pod(folder, "lms" if site == "lms" else "cms", ELSEWHERE[name])
        (folder / "certificates").mkdir()
        public, private = self.certificate
        for store in ("mysql", "mongodb", "broker", "cache", "search"):
            (folder / "certificates" / f"{store}-ca.pem").write_bytes(public)
            (folder / "certificates" / f"{store}-client.pem").write_bytes(public)
            (folder / "secrets" / f"{store}-client.key").write_bytes(private)
        # What a role gives a pod, here by the environment.
        role = {"AWS_ACCESS_KEY_ID": "role", "AWS_SECRET_ACCESS_KEY": "role"} if name == "aws" else {}
        return self._run({**pod.environment, **role}).replace(str(folder), "")

    def _run(self, environment: dict[str, str]) -> str:
        """What the program prints. The libraries are loaded once for all cases, which takes a second."""
        if self.pods is None:
            command = [sys.executable, str(case.DATA / "forked_pods.py"), *LIBRARIES]
            clean = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
            self.pods = subprocess.Popen(
                command, env=clean, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert self.pods.stdin and self.pods.stdout
        self.pods.stdin.write(json.dumps({"code": USE, "environment": environment}) + "\n")
        self.pods.stdin.flush()
        done = json.loads(self.pods.stdout.readline())
        assert done["status"] == 0, done["output"]
        return str(done["output"])

    def close(self) -> None:
        if self.pods is not None:
            with self.pods:  # closes its input, at which it ends
                pass


@pytest.fixture(scope="module")
def used(
    tmp_path_factory: pytest.TempPathFactory, certificate: tuple[bytes, bytes], worker_id: str
) -> Iterator[Used]:
    base = tmp_path_factory.getbasetemp()
    used = Used(tmp_path_factory.mktemp("used"), base if worker_id == "master" else base.parent, certificate)
    yield used
    used.close()


def tls(store: str, *, hostname: bool = True) -> dict[str, Any]:
    """Encryption by an authority of one's own, with a client certificate."""
    return {
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": hostname,
        "ssl_ca_certs": f"/certificates/{store}-ca.pem",
        "ssl_certfile": f"/certificates/{store}-client.pem",
        "ssl_keyfile": f"/secrets/{store}-client.key",
    }


# Valkey


def test_a_cache_outside(used: Used) -> None:
    found = used("external")["cache"]
    assert (found["host"], found["port"], found["db"]) == ("cache.example.org", 6380, 0)
    assert (found["username"], found["password"]) == ("campus", "<cache_password>")
    assert found["tls"] == tls("cache", hostname=False)


@pytest.mark.parametrize("site", ["lms", "cms"])
def test_a_broker_outside(used: Used, site: str) -> None:
    """LMS and Studio have different defaults of BROKER_USE_SSL."""
    found = used("external", site)["broker"]
    assert (found["host"], found["port"], found["db"]) == ("broker.example.org", 6380, 3)
    assert (found["username"], found["password"]) == ("campus", "<broker_password>")
    assert found["tls"] == tls("broker")
    assert (found["prefix"], found["visibility_timeout"]) == ("", 14_400)


def test_the_event_bus_is_at_the_broker(used: Used) -> None:
    for name in ELSEWHERE:
        broker, bus = used(name)["broker"], used(name)["event bus"]
        for part in ("host", "port", "db", "username", "password", "master"):
            assert bus.get(part) == broker.get(part), (name, part)
        assert bus["tls"] == broker["tls"], name


def test_encryption_without_authorities_trusts_the_system_s(used: Used) -> None:
    for part in ("cache", "broker", "event bus"):
        assert used("aws")[part]["tls"] == {"ssl_cert_reqs": "required", "ssl_check_hostname": True}


def test_whoever_answers_is_trusted_only_where_said(used: Used) -> None:
    found = used("bought")
    assert found["cache"]["tls"] == {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
    assert found["broker"]["tls"] is None and found["broker"]["password"] is None


def test_sentinels_tell_celery_the_master(used: Used) -> None:
    found = used("sentinels")["broker"]
    assert (found["master"], found["db"], found["prefix"]) == ("broker", 2, "campus-")
    assert (found["username"], found["password"], found["tls"]) == (
        "campus",
        "<broker_password>",
        tls("broker"),
    )
    assert [(each["host"], each["port"]) for each in found["sentinels"]] == [
        (f"sentinel-{number}", 26379) for number in range(3)
    ]
    for each in found["sentinels"]:
        assert each["tls"] == tls("broker") and not each.get("password")


def test_sentinels_tell_the_event_bus_the_master(used: Used) -> None:
    found = used("sentinels")["event bus"]
    assert len(found["sentinels"]) == 3 and found["is_master"] is True
    assert all(each["tls"] == tls("broker") for each in found["sentinels"])


def test_sentinels_tell_the_cache_the_master(used: Used) -> None:
    found = used("sentinels")["cache"]
    assert (found["master"], found["is_master"], found["password"]) == ("cache", True, None)
    assert [each["host"] for each in found["sentinels"]] == ["sentinel"]
    assert found["key"].startswith("campus-default:") and found["tls"] is None


# MongoDB


def test_a_replica_set_with_a_client_certificate(used: Used) -> None:
    found = used("external")["mongodb"]
    assert found["seeds"] == [f"mongodb-{number}.example.org:27017" for number in range(3)]
    assert (found["replica_set"], found["source"], found["database"]) == ("rs0", "admin", "campus")
    assert found["tls"] == [2, False] and found["retry_writes"] is True
    # pymongo has read certificate and key from a file that no disk has.
    assert found["certificate"].startswith("/proc/self/fd/")


def test_documentdb_retries_no_writes(used: Used) -> None:
    found = used("aws")["mongodb"]
    assert found["retry_writes"] is False and found["tls"] == [2, False]


def test_a_name_whose_records_tell_the_servers_is_encrypted(used: Used) -> None:
    found = used("bought")["mongodb"]
    assert found["seeds"] == ["shard-0.example.mongodb.net:27017"]
    assert found["tls"] == [0, False]


def test_a_server_of_the_instance_is_plain(used: Used) -> None:
    found = used("own-buckets")["mongodb"]
    assert (found["seeds"], found["tls"], found["replica_set"]) == (["mongodb:27017"], None, None)


# Files


def test_addresses_are_signed_for_the_public_endpoint(used: Used) -> None:
    """No pod asks the public name anything, and no browser sees the other one."""
    found = used("own-buckets")["files"]
    signed = {name: found[name] for name in ("grades", "sga", "export", "bare")}
    for url in signed.values():
        assert url.startswith("https://files.campus.example.org/campus-"), url
        query = parse_qs(urlsplit(url).query)
        assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"] and query["X-Amz-Expires"] == ["3600"]
        assert query["X-Amz-SignedHeaders"] == ["host"]
    assert urlsplit(found["grades"]).path == "/campus-grades/grades/c0ffee/grades.csv"
    assert urlsplit(found["sga"]).path == "/campus-private/sga/a%20b.pdf"
    assert urlsplit(found["bare"]).path == "/campus-private/x"
    assert found["requests"] == "http://storage:7070"


def test_an_export_is_told_by_its_address(used: Used) -> None:
    """As Studio asks for it: with the name that the browser shall give the file."""
    found = used("own-buckets")["files"]
    assert "response-content-disposition=attachment" in found["export"]
    assert urlsplit(found["export"]).path == "/campus-exports/course.tar.gz" == urlsplit(found["same"]).path


def test_images_have_addresses_without_a_signature(used: Used) -> None:
    for name, start in (
        ("own-buckets", "https://files.campus.example.org/campus-public"),
        ("external", "https://campus-public.files.campus.example.org"),
        ("aws", "https://campus-public.s3.eu-west-1.amazonaws.com"),
    ):
        found = used(name)["files"]
        assert found["profile"] == f"{start}/profile-images/x_50.jpg"
        assert found["video"] == f"{start}/video-images/x.png"


def test_a_bucket_may_stand_before_the_host(used: Used) -> None:
    found = used("external")["files"]
    assert found["grades"].startswith("https://campus-grades.files.campus.example.org/grades/c0ffee/")
    assert found["ora"] == "https://campus-ora.files.campus.example.org/submission"
    assert found["requests"] == "https://s3.internal.example.org"


def test_libraries_with_a_client_of_their_own_do_the_same(used: Used) -> None:
    """openassessment and django-pyfs know one endpoint, or none at all."""
    found = used("own-buckets")["files"]
    assert found["ora"] == "https://files.campus.example.org/campus-ora/submission"
    assert found["djfs"] == "https://files.campus.example.org/campus-private/django-pyfs/x"
    assert found["ora requests"] == found["djfs requests"] == "http://storage:7070"


def test_addresses_are_signed_by_version_4_of_aws(used: Used) -> None:
    """boto3 alone signs by version 2 for us-east-1, which our server and AWS' new buckets refuse."""
    found = used("own-buckets")["files"]
    assert "X-Amz-Signature" in found["djfs signs by"]
    assert found["unsigned"] == "https://files.campus.example.org/campus-private/django-pyfs/x"


def test_buckets_of_aws_are_asked_in_their_region(used: Used) -> None:
    """An address of the bucket that names no region leads elsewhere, which a signature doesn't survive."""
    found = used("aws")["files"]
    for name in ("grades", "ora", "djfs"):
        assert ".s3.eu-west-1.amazonaws.com/" in found[name]
    assert found["checksums"] == "when_supported"


def test_a_server_of_others_gets_no_checksums_that_it_may_not_know(used: Used) -> None:
    assert used("own-buckets")["files"]["checksums"] == "when_required"


def test_only_images_replace_each_other(used: Used) -> None:
    found = used("aws")["files"]
    assert found["overwrites"] == [True, False] and found["acl"] is None


# The rest


def test_own_authorities_of_search_are_trusted_by_the_whole_process(used: Used) -> None:
    trusted = used("external")["trusted"]
    assert set(trusted.values()) == {"/tmp/openedx-infra-authorities.pem"}
    assert set(used("aws")["trusted"].values()) == {None}


def test_mail_servers_are_greeted_by_the_site_s_host(used: Used) -> None:
    assert set(used("external")["mail name"]) == {"local.openedx.io"}


def test_the_history_s_app_and_router_stay_with_its_database(used: Used) -> None:
    kept, gone = used("bought"), used("aws")
    assert "lms.djangoapps.coursewarehistoryextended" in kept["apps"]
    assert any("StudentModuleHistoryExtendedRouter" in name for name in kept["routers"])
    assert not any("istory" in name for name in [*gone["apps"], *gone["routers"]])
