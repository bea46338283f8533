"""Certificates for libraries that take them from no setting.

Runs in the platform.
"""

import os
from functools import cache
from pathlib import Path

KEY_FILE = "tlsCertificateKeyFile"
AUTHORITIES = "/tmp/openedx-infra-authorities.pem"


def joined(settings):
    """The settings, with each pair of certificate and key as the one file that MongoDB's client wants."""
    if isinstance(settings, dict):
        return {
            name: one_file(*value) if name == KEY_FILE and isinstance(value, list) else joined(value)
            for name, value in settings.items()
        }
    return [joined(each) for each in settings] if isinstance(settings, list) else settings


@cache
def one_file(certificate, key):
    """Path of a file in memory that holds both, for as long as this process and its children live."""
    descriptor = os.memfd_create("client")
    for path in (certificate, key):
        os.write(descriptor, Path(path).read_bytes().rstrip() + b"\n")
    return f"/proc/self/fd/{descriptor}"


def trust(authorities):
    """Let the whole process trust these authorities, beside those that libraries trust anyway."""
    import certifi

    texts = [Path(path).read_text(encoding="utf-8") for path in (certifi.where(), *authorities)]
    new = Path(f"{AUTHORITIES}.{os.getpid()}")
    new.write_text("\n".join(texts), encoding="utf-8")
    # Another process may be reading it.
    new.replace(AUTHORITIES)
    # requests reads the first, httpx and Python's own ssl the second.
    os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = AUTHORITIES
