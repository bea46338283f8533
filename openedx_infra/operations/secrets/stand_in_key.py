"""An RSA key of public numbers, which stands for a stack's own where its value doesn't matter."""

from __future__ import annotations

import hashlib
from functools import lru_cache

_EXPONENT = 65537
_PRIMES = {"p": 1886, "q": 52}
"""Distance of each prime from the number of its name: the first one that has no divisor."""


@lru_cache(maxsize=1)
def stand_in_key() -> str:
    """A 2048-bit RSA key in PKCS#8 PEM, the same each time: whoever reads this file has it.

    It is of the form that `secrets generate` makes. To look for new primes takes 40 ms and more.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    p, q = (_prime(name, distance) for name, distance in _PRIMES.items())
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    )
    key = numbers.private_key(unsafe_skip_rsa_key_validation=True)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _prime(name: str, distance: int) -> int:
    """1024 bits that look random, as those of a real key do, so that searches for keys find it, too."""
    digits = hashlib.shake_256(f"openedx-infra stand-in {name}".encode()).digest(128)
    return (int.from_bytes(digits) | 3 << 1022 | 1) + distance
