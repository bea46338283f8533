"""Checks that a server answers, and that its certificate is right."""

import os
import socket
import ssl
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from .report import Fault, Findings

TIMEOUT = float(os.environ.get("TIMEOUT_SECONDS", "10"))
"""Seconds to wait for a server's answer (guessed: a hundred times what a good network takes)."""
HESITATION = 0.5
"""Seconds within which a server that refuses us says so (guessed: some round trips)."""
EXPIRES_SOON = 14
"""Days before a certificate's end that are worth a warning."""

WEB = {"verify": "full", "ca": None, "certificate": None, "key": None}
"""TLS of servers whose section of the stack file has no `tls`: mail and buckets. The platform trusts them by
the authorities that it trusts everywhere."""

_EXPIRED, _NOT_YET = 10, 9
_STRANGERS = (2, 18, 19, 20, 21)
_OTHER_NAME = (62, 64)
"""OpenSSL's numbers of what is wrong with a certificate (x509_vfy.h)."""


def trust(authorities: list[str]) -> None:
    """Trust these authorities beside those of the libraries, wherever no others are named, as the platform
    does (settings/platform/certificates.py)."""
    if not authorities:
        return
    texts = [Path(path).read_text(encoding="utf-8") for path in (*_trusted_anyway(), *authorities)]
    with tempfile.NamedTemporaryFile("w", suffix=".pem", encoding="utf-8", delete=False) as bundle:
        bundle.write("\n".join(texts))
    # Python's own ssl reads the first, boto3 the second.
    os.environ["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"] = bundle.name


def _trusted_anyway() -> list[str]:
    try:
        return [str(import_module("certifi").where())]
    except ImportError:
        system = ssl.get_default_verify_paths().cafile
        return [system] if system else []


def connect(host: str, port: int, field: str = "host") -> socket.socket:
    """A connection. Raises Fault when the name is unknown or nobody answers."""
    attempts = int(os.environ.get("ATTEMPTS", "3"))
    for attempt in range(1, attempts + 1):
        try:
            return socket.create_connection((host, port), timeout=TIMEOUT)
        except OSError as error:
            if attempt == attempts:
                raise _unreached(host, port, error, field) from error
            time.sleep(float(os.environ.get("PAUSE_SECONDS", "3")))
    raise AssertionError("at least one attempt is made")


def _unreached(host: str, port: int, error: OSError, field: str) -> Fault:
    if isinstance(error, socket.gaierror):
        return Fault(
            f"the name {host} is unknown to DNS ({error.strerror}): correct it, or publish the name", field
        )
    why = "no answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
    return Fault(
        f"nobody answers at {host}:{port} ({why}): correct host and port, or open the way to it in firewalls "
        "and security groups",
        field,
    )


def context(tls: dict[str, Any]) -> ssl.SSLContext:
    """What a connection demands of the other side."""
    result = ssl.create_default_context(cafile=tls["ca"])
    result.minimum_version = ssl.TLSVersion.TLSv1_2
    result.check_hostname = tls["verify"] == "full"
    result.verify_mode = ssl.CERT_NONE if tls["verify"] == "none" else ssl.CERT_REQUIRED
    if tls["certificate"]:
        try:
            result.load_cert_chain(tls["certificate"], tls["key"])
        except ssl.SSLError:
            raise Fault(
                "the key in openedx:secrets does not belong to this certificate: replace one of them",
                "tls.client_certificate",
            ) from None
    return result


def encrypt(raw: socket.socket, host: str, tls: dict[str, Any], findings: Findings) -> ssl.SSLSocket:
    """The same connection, encrypted. Raises Fault when the server does not prove who it is."""
    try:
        secured = context(tls).wrap_socket(raw, server_hostname=host)
    except (ssl.SSLError, OSError) as error:
        raise explained(error, host, web=tls is WEB) from error
    warn_of_end(secured.getpeercert() or {}, findings)
    return secured


def probe(host: str, port: int, tls: dict[str, Any] | None, findings: Findings, field: str = "host") -> None:
    """Connect, encrypted if `tls` is given, and hang up."""
    with connect(host, port, field) as raw:
        if not tls:
            return
        with encrypt(raw, host, tls, findings) as secured:
            _demand_welcome(secured, host)


def _demand_welcome(secured: ssl.SSLSocket, host: str) -> None:
    """Hear whether the server hangs up for want of our certificate, which TLS 1.3 tells late.

    One that is content waits for us to begin, or greets.
    """
    secured.settimeout(HESITATION)
    try:
        secured.recv(1)
    except TimeoutError:
        return
    except (ssl.SSLError, OSError) as error:
        why = getattr(error, "reason", None) or error.strerror or type(error).__name__
        raise Fault(
            f"{host} does not accept who we are ({why}): name a certificate that it knows, with its key in "
            "openedx:secrets",
            "tls.client_certificate",
        ) from error


def explained(error: OSError, host: str, *, web: bool = False) -> Fault:
    """What is wrong with the encryption of a connection, or with a certificate; `web` where it was made with
    WEB."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        why = getattr(error, "reason", None) or error.strerror or str(error) or type(error).__name__
        rule = "correct port and encryption" if web else "leave `tls` out, or correct the port"
        field = "" if web else "tls"
        return Fault(f"{host} does not speak TLS here ({why}): {rule}", field)
    code, message = error.verify_code, error.verify_message
    if code == _EXPIRED:
        return Fault(f"the certificate of {host} has expired: its owner must renew it")
    if code == _NOT_YET:
        return Fault(f"the certificate of {host} is not valid yet: compare the clocks")
    if code in _OTHER_NAME:
        return Fault(
            f"the certificate is for another name than {host} ({message}): write the name that it has"
            + ("" if web else ", or `verify: ca` where any name will do"),
            "host",
        )
    if code in _STRANGERS:
        return Fault(
            f"the certificate of {host} is by an authority that is not trusted ({message}): name the file "
            f"with the certificate of its authority{' in openedx:network.authorities' if web else ''}",
            "" if web else "tls.ca",
        )
    return Fault(f"the certificate of {host} can't be trusted ({message}): ask its owner", "tls")


def warn_of_end(certificate: dict[str, Any], findings: Findings) -> None:
    """Warn of a certificate that ends soon; of one that nobody checks, nothing is known."""
    if "notAfter" not in certificate:
        return
    days = (ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) / 86_400
    if days < EXPIRES_SOON:
        findings.warn(f"its certificate expires in {days:.0f} days: have it renewed")
