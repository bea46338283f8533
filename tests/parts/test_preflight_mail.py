"""The preflight names what is wrong with a mail server. Python's client is real, and nothing is sent."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from authority import Authority
from looking import Looker
from mail_server import MailServer
from servers import HOST, free_port

pytestmark = pytest.mark.parts

SEND = """
import sys
from django.conf import settings
settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=int(sys.argv[1]))
from openedx_infra.settings.platform import loading
loading.prepare_process({"OPENEDX_INFRA_MAIL_NAME": "learn.example.org"})
from django.core.mail import send_mail
send_mail("Hello", "there", "contact@learn.example.org", ["learner@example.org"])
"""
"""Sends a mail as the platform does, whose settings module has prepared the process."""
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


def test_an_authority_of_the_campus_is_trusted_where_it_is_named(
    looker: Looker, authority: Authority
) -> None:
    looker.secrets["mail_password"] = PASSWORD
    with MailServer(authority.issue(), users=USERS) as server:
        looker.look(mail=said(server)).demand_fault(
            "openedx:mail.delivery: ", "not trusted", "openedx:network.authorities"
        )
        looker.trust_everywhere(authority.certificate)
        looker.look(mail=said(server, username="campus")).demand_fit()


def test_it_greets_by_the_site_s_host_and_takes_sender_and_recipient_back(pod: Looker) -> None:
    with MailServer(strict=True) as server:
        pod.look(mail=said(server, "none")).demand_fit()
    assert server.heard[0].lower() == "ehlo learn.example.org"
    assert [line.upper() for line in server.heard[1:]] == [
        "MAIL FROM:<CONTACT@LEARN.EXAMPLE.ORG>",
        "RCPT TO:<CONTACT@LEARN.EXAMPLE.ORG>",
        "RSET",
        "QUIT",
    ]
    assert not server.mails, "nothing is sent"


def test_django_greets_as_the_preflight_does() -> None:
    """What was looked at is what sends; a Message-ID of a pod's name would be judged by receivers, too."""
    with MailServer(strict=True) as server:
        done = subprocess.run(
            [sys.executable, "-c", SEND, str(server.port)], capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 0, done.stderr
    assert server.heard[0].lower() == "ehlo learn.example.org"
    [mail] = server.mails
    assert re.search(r"^Message-ID: <\S+@learn\.example\.org>", mail, re.MULTILINE), mail


def test_senders_and_recipients_that_are_refused(pod: Looker) -> None:
    with MailServer(refuses={"MAIL": "553 5.7.1 not owned by user"}) as server:
        pod.look(mail=said(server, "none")).demand_fault(
            "openedx:mail.delivery: ", "takes no mail from contact@learn.example.org", "openedx:mail.sender"
        )
    with MailServer(refuses={"RCPT": "554 5.7.1 Relay access denied"}) as server:
        pod.look(mail=said(server, "none")).demand_fault(
            "greeted as learn.example.org", "554 5.7.1 Relay access denied"
        )
    for answer in ("550 5.1.1 User unknown", "450 4.2.0 Greylisted"):
        with MailServer(refuses={"RCPT": answer}) as server:
            [warning] = pod.look(mail=said(server, "none")).demand_fit().warnings
        assert answer in warning


def test_nobody_there_and_nobody_to_log_in_to(pod: Looker, authority: Authority) -> None:
    with MailServer(authority.issue()) as server:
        named = said(server, username="campus")
        pod.look(mail=named).demand_fault("asks nobody to log in: leave `username` out")
    gone = {"source": "smtp", "host": HOST, "port": free_port()}
    pod.look(mail=gone).demand_fault("openedx:mail.delivery.host: nobody answers")
    with MailServer(greeting="554 not you") as server:
        pod.look(mail=said(server, "none")).demand_fault("is no mail server that takes ours", "554")
