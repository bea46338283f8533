"""Files that a stack names and that can't be used, and stand-ins, so that everything else can be judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from openedx_infra import images
from openedx_infra.config import Stack
from openedx_infra.config.development import frontends, mounts
from openedx_infra.config.images.images import Reference
from openedx_infra.config.rules import certificates
from openedx_infra.config.rules.extras import manifests
from openedx_infra.config.rules.platform import settings_modules

_IMAGE = f"registry.invalid/built/here@sha256:{0:064}"


def problems(stack: Stack) -> list[str]:
    """One line for each file or folder that a stack names and that can't be used."""
    return [
        *images.problems(stack),
        *certificates.problems(stack),
        *settings_modules.problems(stack),
        *manifests.problems(stack),
        *mounts.problems(stack),
        *frontends.problems(stack),
    ]


def without(stack: Stack, folder: Path) -> Stack:
    """The stack with stand-ins, in an empty folder, for what it can't use."""
    stack = mounts.without_faulty(stack)
    for line in images.problems(stack):
        _, name = line.partition(": ")[0].removeprefix("openedx:").split(".")[:2]
        stack = _replaced(stack, ("images", name), Reference(source="reference", image=_IMAGE))
    for file in certificates.named(stack):
        try:
            file.text()
        except certificates.CertificateError:
            path = folder / file.name
            path.write_bytes(_certificate())
            stack = _replaced(stack, file.location, str(path))
    for module in settings_modules.named(stack):
        if settings_modules.module_faults(module, stack.name):
            stack = _replaced(stack, module.location, None)
    wrong = {
        name for name, each in stack.extras.manifests.items() if manifests.manifest_faults(name, each, stack)
    }
    rest = {name: each for name, each in stack.extras.manifests.items() if name not in wrong}
    return _replaced(stack, ("extras", "manifests"), rest) if wrong else stack


def _replaced(section: Any, location: Sequence[str | int], value: Any) -> Any:
    """A model with another value at a location."""
    if not location:
        return value
    part, *rest = location
    if isinstance(part, int):
        return tuple(_replaced(inner, rest, value) if n == part else inner for n, inner in enumerate(section))
    assert isinstance(section, BaseModel)
    return section.model_copy(update={part: _replaced(getattr(section, part), rest, value)})


def _certificate() -> bytes:
    """A certificate that nobody trusts, valid for an hour."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stand-in")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(hours=1))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
