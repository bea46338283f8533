"""Types of host names and e-mail addresses, with remedies for common mistakes."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from openedx_infra.config.types.patterns import DNS_LABEL, Pattern

# A name whose last label has no letter would be an IPv4 address.
_HOST = rf"(?=.{{4,253}}$)({DNS_LABEL}\.)+(?=[0-9-]*[a-z]){DNS_LABEL}"
_SERVER = rf"(?=.{{1,253}}$)({DNS_LABEL}\.)*{DNS_LABEL}"
_ANY_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@({_ANY_LABEL}\.)+(?=[0-9-]*[A-Za-z]){_ANY_LABEL}"


def _is_address(value: str) -> bool:
    try:
        ip_address(value.strip("[]"))
    except ValueError:
        return False
    return True


def _bare(value: str) -> str | None:
    """The host within a URL, or within a host with port or path."""
    try:
        return urlsplit(value if "//" in value else f"//{value}").hostname
    except ValueError:
        return None


def _punycode(value: str) -> str:
    """A name with letters beyond ASCII, as it travels; the same when it can't."""
    try:
        return value.encode("idna").decode()
    except UnicodeError:
        return value


def within(host: str, domain: str) -> bool:
    """Whether a host is a domain or part of it, so that browsers take its cookies for that domain."""
    return f".{host}".endswith(f".{domain}")


LOCAL_DOMAINS = ("localhost", "test", "local.openedx.io", "local.edly.io", "local.overhang.io")
"""Domains of no public host: reserved by RFC 6761, or pointed to 127.0.0.1 with all names under them by their
owners, as Open edX's community does."""


def is_local(host: str) -> bool:
    """Whether a host is a name of the machine that asks, so that nobody else reaches anything by it."""
    return any(within(host, domain) for domain in LOCAL_DOMAINS)


def host_hint(value: str) -> str | None:
    """What to write instead of a text that is no public host name; None if no common mistake explains it."""
    if _is_address(value):
        return "an IP address gets no certificate and no cookie; write a name, such as learn.example.org"
    if value.startswith("*."):
        return "wildcards are no hosts; name each host, such as learn.example.org"
    if "_" in value:
        return "underscores are not allowed in host names; use hyphens"
    for better, why in (
        (value.lower(), "in lower case"),
        (value.strip(" ."), "without blanks and dots around it"),
        (_bare(value) or "", "without scheme, port and path"),
        (_punycode(value), "as browsers send it"),
    ):
        if better != value and re.fullmatch(_HOST, better):
            return f"write it {why}: {better}"
    if re.fullmatch(DNS_LABEL, value.lower()):
        return f"a single label reaches nobody; add its domain, such as {value.lower()}.example.org"
    if any(len(label) > 63 for label in value.split(".")):
        return "no label between two dots may exceed 63 characters"
    return None


_RULE = "lower-case labels of letters, digits and hyphens, joined by dots and nothing else"

Hostname = Annotated[str, Pattern("host name", _HOST, _RULE, "learn.example.org", host_hint)]
"""A public, fully qualified host name: at least two labels, lower case, no IP address."""

ServerName = Annotated[
    str, Pattern("server name or IPv4 address", _SERVER, f"{_RULE}, without port", "smtp.example.org")
]
"""A server that pods connect to: a name, perhaps of a Service in the cluster, or an IPv4 address."""

Email = Annotated[str, Pattern("e-mail address", _EMAIL, "name, @ and domain", "name@example.org")]
"""An e-mail address."""
