"""Fetches the certificates of AWS' authorities, which people do once."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import httpx2
from cryptography import x509
from rich.console import Console

from openedx_infra.config.datastores.common import AWS_AUTHORITIES
from openedx_infra.config.types.aws_regions import trust_store
from openedx_infra.operations.errors import OperationError

DEFAULT_OUTPUT = Path(AWS_AUTHORITIES)
"""Where stack files look for them by default, from the folder of Pulumi.yaml."""
TIMEOUT = 30.0
"""Seconds to wait for AWS (guessed)."""
LARGEST = 4 * 2**20
"""Bytes beyond which it is no trust store: that of all regions has some 170 KB."""


def fetch_aws(
    output: Path, console: Console, *, region: str | None = None, source: str | None = None
) -> None:
    """Fetch the authorities of one region, or of all, check them, and write them to a file.

    A file that is there already is replaced only by one that is right. Raises OperationError.
    """
    name = region or "global"
    url = f"{source or trust_store(region)}/{name}/{name}-bundle.pem"
    data = _fetched(url)
    certificates = _checked(data, url)
    _write(output, data)
    end = min(one.not_valid_after_utc for one in certificates).date()
    console.print(
        f"{len(certificates)} certificates of {region or 'all regions'} are in {output}; the first expires "
        f"on {end}. Commit the file: it holds no secret.",
        highlight=False,
        soft_wrap=True,
    )


def _fetched(url: str) -> bytes:
    try:
        answer = httpx2.get(url, timeout=TIMEOUT, follow_redirects=False)
    except httpx2.HTTPError as error:
        raise OperationError(
            f"{url} can't be fetched: {error or type(error).__name__}",
            remedy="fetch it with a browser, and save it under the name that `ca` says",
        ) from error
    if answer.status_code in (403, 404):
        raise OperationError(
            f"AWS has no certificates at {url} ({answer.status_code}).",
            remedy="name a region as AWS does, such as eu-central-1, or leave --region out for all",
        )
    if answer.status_code != 200 or len(answer.content) > LARGEST:
        raise OperationError(
            f"{url} answers {answer.status_code} with {len(answer.content)} bytes: that is no trust store.",
            remedy="try again later",
        )
    return answer.content


def _checked(data: bytes, url: str) -> list[x509.Certificate]:
    """The certificates. Raises OperationError when there are none, or one is over."""
    try:
        certificates = x509.load_pem_x509_certificates(data)
    except ValueError:
        raise OperationError(
            f"What {url} answers holds no certificates: a proxy or a login page may stand in between.",
            remedy="fetch it from another network",
        ) from None
    now = datetime.now(UTC)
    if over := [one for one in certificates if one.not_valid_after_utc <= now]:
        raise OperationError(
            f"{len(over)} of the {len(certificates)} certificates at {url} have expired, the first on "
            f"{min(one.not_valid_after_utc for one in over).date()}.",
            remedy="compare this machine's clock, then try again later",
        )
    return certificates


def _write(output: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        descriptor, path = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    except OSError as error:
        raise OperationError(f"{output} can't be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    Path(path).chmod(0o644)
    Path(path).replace(output)
