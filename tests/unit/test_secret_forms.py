"""Is a secret that its reader would refuse named, and never shown?"""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from openedx_infra.config.secret_forms import unfit
from openedx_infra.config.secrets import BY_NAME


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
    ],
)
def test_each_fault_is_named_and_the_value_kept(name: str, value: str, fault: str) -> None:
    [line] = unfit({name: value})
    assert line.startswith(f"openedx:secrets.{name}: {fault}")
    assert not any(part in line for part in value.split() if len(part) > 7)


def test_some_secrets_have_many_lines() -> None:
    assert unfit({"fernet_keys": "new\nold", "retired_user_salts": "b\na"}) == []
