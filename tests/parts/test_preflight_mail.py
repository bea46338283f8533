"""The preflight names what is wrong with a mail server. Python's client is real, and nothing is sent."""

from __future__ import annotations

from typing import Any

import pytest
from authority import Authority
from looking import Looker
from mail_server import MailServer
from servers import HOST, free_port

pytestmark = pytest.mark.parts

PASSWORD = "m@il pass"
USERS = {"campus": PASSWORD}


@pytest.fixture
def pod(looker: Looker, authority: Authority) -> Looker:
    looker.secrets["mail_password"] = PASSWORD
    # What Django trusts is what the system trusts.
    looker.environment["SSL_CERT_FILE"] = str(authority.certificate)
    return looker


def said(server: MailServer, security: str = "starttls", **more: Any) -> dict[str, Any]:
    return {"source": "smtp", "host": HOST, "port": server.port, "security": security, **more}


def test_right_servers_are_fit(pod: Looker, authority: Authority) -> None:
    with MailServer(authority.issue(), users=USERS) as server:
        pod.look(mail=said(server, username="campus")).demand_fit()
    with MailServer(authority.issue(), from_the_first_byte=True, users=USERS) as server:
        pod.look(mail=said(server, "tls", username="campus")).demand_fit()
    with MailServer() as server:
        pod.look(mail=said(server, "none")).demand_fit()


def test_a_wrong_password(pod: Looker, authority: Authority) -> None:
    pod.secrets["mail_password"] = "guessed-wrongly"
    with MailServer(authority.issue(), users=USERS) as server:
        pod.look(mail=said(server, username="campus")).demand_fault(
            "openedx:mail.delivery.username: 127.0.0.1 refuses", "535", "openedx:secrets.mail_password"
        )


def test_encryption_that_is_not_there(pod: Looker) -> None:
    with MailServer() as server:
        pod.look(mail=said(server)).demand_fault("delivery.security: ", "offers no STARTTLS")
        pod.look(mail=said(server, "tls")).demand_fault("127.0.0.1 does not speak TLS here")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_certificates(pod: Looker, authority: Authority, security: str) -> None:
    wrong = {
        "has expired": authority.issue(days=-1),
        "for another name than 127.0.0.1": authority.issue("smtp.example.org"),
    }
    for words, pair in wrong.items():
        with MailServer(pair, from_the_first_byte=security == "tls") as server:
            pod.look(mail=said(server, security)).demand_fault("openedx:mail.delivery", words)


def test_nobody_there_and_nobody_to_log_in_to(pod: Looker, authority: Authority) -> None:
    with MailServer(authority.issue()) as server:
        named = said(server, username="campus")
        pod.look(mail=named).demand_fault("asks nobody to log in: leave `username` out")
    gone = {"source": "smtp", "host": HOST, "port": free_port()}
    pod.look(mail=gone).demand_fault("openedx:mail.delivery.host: nobody answers")
    with MailServer(greeting="554 not you") as server:
        pod.look(mail=said(server, "none")).demand_fault("is no mail server that takes ours", "554")
