"""A secret that its reader would refuse is named, and never shown."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import yaml
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import PrivateFormat

from openedx_infra.config import load
from openedx_infra.config.secrets.catalogue import BY_NAME
from openedx_infra.config.secrets.formats import unfit
from openedx_infra.config.secrets.needed import password_limits
from openedx_infra.operations.secrets.stand_in_key import stand_in_key


def test_django_finds_a_new_secret_key_long_enough() -> None:
    """What `check --deploy` wants: 50 characters, five of them different, and no default's prefix."""
    make = BY_NAME["django_secret_key"].make
    assert make
    key = make()
    assert len(key) >= 50 and len(set(key)) >= 5 and key.isalnum()
    # An older one, of 40, is as good as it was.
    assert not unfit({"django_secret_key": key[:40]})


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None) -> str:
    how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, how).decode()


def _rsa(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def test_generated_secrets_are_fit() -> None:
    assert unfit({name: secret.make() for name, secret in BY_NAME.items() if secret.make}) == []


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("mysql_password", " \n", "is empty"),
        ("mysql_password", "one\ntwo", "has several lines"),
        ("meilisearch_master_key", "fifteen-bytes--", "is shorter than 16 bytes"),
        ("jwt_private_key", "secret text", "is no private key in PEM form"),
        ("jwt_private_key", _pem(_rsa(2048), b"locked"), "is no private key in PEM form without a password"),
        ("jwt_private_key", _pem(ec.generate_private_key(ec.SECP256R1())), "is no RSA key"),
        ("jwt_private_key", _pem(_rsa(1024)), "is an RSA key of 1024 bits"),
        ("mysql_client_key", "secret text", "is no private key in PEM form"),
    ],
)
def test_each_fault_is_named_and_the_value_kept(name: str, value: str, fault: str) -> None:
    [line] = unfit({name: value})
    assert line.startswith(f"openedx:secrets.{name}: {fault}")
    assert not any(part in line for part in value.split() if len(part) > 7)


def test_some_secrets_have_many_lines() -> None:
    assert unfit({"fernet_keys": "new\nold", "retired_user_salts": "b\na"}) == []


def test_keys_of_client_certificates_are_of_any_kind() -> None:
    assert unfit({"broker_client_key": _pem(ec.generate_private_key(ec.SECP256R1()))}) == []


EVERYTHING_ON_AWS = Path(__file__).parents[1] / "cases" / "everything.ok.aws.yaml"
ON_AWS = password_limits(
    load(
        "aws",
        {
            key.removeprefix("openedx:"): section
            for key, section in yaml.safe_load(EVERYTHING_ON_AWS.read_text(encoding="utf-8"))[
                "config"
            ].items()
        },
    )
)


def test_generated_secrets_suit_aws() -> None:
    for _ in range(20):
        made = {name: secret.make() for name, secret in BY_NAME.items() if secret.make}
        assert unfit(made, ON_AWS) == []


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("mysql_root_password", "short", "has 5 characters, and Amazon RDS wants 8 to 41"),
        ("mysql_root_password", "with/a/slash", "has characters that Amazon RDS refuses"),
        ("mongodb_root_password", "somebody@home", "has characters that Amazon DocumentDB refuses"),
        ("broker_password", "fifteen-letters", "has 15 characters, and ElastiCache wants 16 to 128"),
        ("cache_password", "käse-und-noch-viel-mehr", "has characters that ElastiCache refuses"),
        ("search_password", "only-small-letters", "lacks a small or capital letter"),
    ],
)
def test_what_aws_would_refuse_is_refused_there_alone(name: str, value: str, fault: str) -> None:
    [line] = unfit({name: value}, ON_AWS)
    assert line.startswith(f"openedx:secrets.{name}: {fault}") and value not in line
    assert unfit({name: value}) == []
    assert unfit({"mysql_password": value}, ON_AWS) == [], "the platform's user is made by SQL"


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_damaged_rsa_key_is_refused(form: PrivateFormat) -> None:
    """As the library's own check of its primes would, which takes longer."""
    key = serialization.load_pem_private_key(stand_in_key().encode(), None)
    whole = key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())
    label = "PRIVATE KEY" if form is PrivateFormat.PKCS8 else "RSA PRIVATE KEY"
    for place in range(len(whole) - 1, 0, -149):
        damaged = bytearray(whole)
        damaged[place] ^= 4
        body = base64.encodebytes(damaged).decode()
        pem = f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"
        with pytest.raises((ValueError, UnsupportedAlgorithm)):
            serialization.load_pem_private_key(pem.encode(), None)
        for name in ("jwt_private_key", "mysql_client_key"):
            [line] = unfit({name: pem})
            assert "is no private key in PEM form" in line or "is no RSA key" in line


def test_the_stand_in_of_a_key_is_as_good_as_a_real_one() -> None:
    key = serialization.load_pem_private_key(stand_in_key().encode(), None)  # tests the primes
    assert isinstance(key, rsa.RSAPrivateKey) and key.key_size == 2048
    assert unfit({"jwt_private_key": stand_in_key(), "mysql_client_key": stand_in_key()}) == []
    assert stand_in_key() not in (_pem(_rsa(2048)), BY_NAME["jwt_private_key"].make())
