"""Certificate files are judged before anything is registered, and put right before pods see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from openedx_infra.config import load
from openedx_infra.config.rules import certificates

NEW, OLD = 400, -1


def pem(days: int) -> str:
    key, name, now = ec.generate_private_key(ec.SECP256R1()), x509.Name([]), datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    dated = builder.not_valid_before(now - timedelta(900)).not_valid_after(now + timedelta(days))
    signed = dated.public_key(key.public_key()).sign(key, hashes.SHA256())
    return signed.public_bytes(Encoding.PEM).decode()


def problems(**tls: str) -> list[str]:
    return certificates.problems(
        stack({"mysql": {"source": "external", "host": "db.example.org", "tls": tls}})
    )


def stack(datastores: dict[str, Any]) -> Any:
    return load("dev", {"site": {"lms_host": "learn.example.org"}, "datastores": datastores})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some.pem"


def test_a_right_file_is_read_without_what_is_around_it(file: Path) -> None:
    one, other = pem(NEW), pem(NEW)
    file.write_text(f"# Our authority\n{one}\n# The next one\n{other}")
    assert problems(ca=str(file)) == []
    said = {"mysql": {"source": "external", "host": "db.example.org", "tls": {"ca": str(file)}}}
    [named] = certificates.named(stack(said))
    assert (named.name, named.store, named.text()) == ("mysql-ca.pem", "mysql", one + other)


def test_of_several_authorities_one_may_be_old(file: Path) -> None:
    file.write_text(pem(OLD) + pem(NEW))
    assert problems(ca=str(file)) == []
    [fault] = problems(client_certificate=str(file))
    assert fault.startswith("openedx:datastores.mysql.tls.client_certificate: ") and "expired on" in fault
    file.write_text(pem(OLD))
    [fault] = problems(ca=str(file))
    assert fault.startswith("openedx:datastores.mysql.tls.ca: ") and "get a new one" in fault


@pytest.mark.parametrize("form", ["PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"])
def test_a_key_never_gets_into_a_config_map(file: Path, form: str) -> None:
    file.write_text(f"{pem(NEW)}-----BEGIN {form}-----\nMIIE\n-----END {form}-----\n")
    [fault] = problems(client_certificate=str(file))
    assert "holds a private key" in fault and "openedx:secrets.mysql_client_key" in fault
    assert "MIIE" not in fault


def test_all_files_are_judged_at_once(file: Path, tmp_path: Path) -> None:
    file.write_text("nothing")
    found = problems(ca=str(file), client_certificate=str(tmp_path / "gone.pem"))
    assert [line.partition(": ")[0].rpartition(".")[2] for line in found] == ["ca", "client_certificate"]
    assert "BEGIN CERTIFICATE" in found[0] and "there is no file" in found[1]


def test_of_amazon_the_command_is_named_that_fetches_it(file: Path) -> None:
    rds = {"source": "rds", "ca": str(file)}
    aws = {
        "region": "eu-west-1",
        "network": {
            "vpc": "vpc-0a1b2c3d4e5f60718",
            "clients": ["sg-0a1b2c3d4e5f60718"],
            "subnets": ["subnet-0a1b2c3d4e5f60718", "subnet-0b1b2c3d4e5f60718"],
        },
    }
    said = {"site": {"lms_host": "learn.example.org"}, "datastores": {"mysql": rds}, "aws": aws}
    [fault] = certificates.problems(load("dev", said))
    assert fault.startswith("openedx:datastores.mysql.ca: there is no file")
    assert "`openedx-infra certificates aws` fetches it" in fault
