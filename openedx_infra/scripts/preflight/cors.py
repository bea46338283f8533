"""Checks of what pages of the site may do with a bucket, as browsers ask for it (CORS)."""

import urllib.error
import urllib.request
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlsplit

from . import network
from .report import Findings

METHODS = {"public": "GET", "ora": "PUT"}
"""Buckets that browsers use by scripts, and what they do there: pages read images, and learners send answers
to open responses."""


def look(
    connection: dict[str, Any], purpose: str, bucket: str, origins: Iterable[str], findings: Findings
) -> None:
    """Ask as a browser does before it sends or reads, for each origin: no server logs what is refused."""
    method, answers = METHODS[purpose], {}
    for origin in origins:
        answers[origin] = _allowed(connection, bucket, origin, method)
    refused = [origin for origin, allowed in answers.items() if not allowed]
    if not refused:
        return
    methods = "GET, HEAD, PUT" if method == "PUT" else "GET, HEAD"
    rule = f"AllowedOrigins [{', '.join(answers)}], AllowedMethods [{methods}], AllowedHeaders [*]"
    text = f"browsers may not {method} there for pages of {', '.join(refused)}: add the CORS rule {rule}"
    whole = f"bucket {bucket}: {text}"
    if method == "PUT":
        findings.fault(whole, f"buckets.{purpose}")
    else:
        findings.warn(whole, f"buckets.{purpose}")


def address(url: str, addressing: str, bucket: str) -> str:
    """Address of a bucket at a server."""
    parts = urlsplit(url)
    if addressing == "virtual":
        return f"{parts.scheme}://{bucket}.{parts.netloc}"
    return f"{parts.scheme}://{parts.netloc}/{quote(bucket)}"


def _allowed(connection: dict[str, Any], bucket: str, origin: str, method: str) -> bool:
    """Whether a page may. Rules belong to the bucket: where pods can't reach the public endpoint, the other
    answers alike."""
    public = connection["public_endpoint"] or connection["endpoint"]
    try:
        return _asked(address(public, connection["addressing"], bucket), origin, method)
    except OSError:
        return _asked(address(connection["endpoint"], connection["addressing"], bucket), origin, method)


def _asked(url: str, origin: str, method: str) -> bool:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type",
    }
    request = urllib.request.Request(f"{url}/openedx-preflight", method="OPTIONS", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=network.TIMEOUT) as answer:
            given = answer.headers
    except urllib.error.HTTPError:
        return False
    methods = (given.get("Access-Control-Allow-Methods") or "").replace(",", " ").upper().split()
    return given.get("Access-Control-Allow-Origin") in ("*", origin) and bool({method, "*"} & set(methods))
