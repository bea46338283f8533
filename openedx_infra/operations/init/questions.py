"""Asks in a terminal for what the options of `init` leave open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rich.console import Console
from rich.prompt import Prompt

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.init.answers import (
    K3S_KUBECONFIG,
    LOCAL_HOST,
    SITUATIONS,
    TLS,
    Answers,
    fault,
    faults,
    hosts_under,
    option,
)
from openedx_infra.operations.init.text import mail_domain

Options = Mapping[str, str | None]
"""Answers that were given as options, by the names of the fields of `Answers`; None where one was not."""


@dataclass
class _Asker:
    """Takes an answer from the options, else asks for it, else takes the default."""

    given: Options
    console: Console | None
    """Terminal to ask in. None: there is nobody to ask."""
    missing: list[str] = field(default_factory=list)
    """Answers without a default that nobody gave."""

    def need(
        self, name: str, question: str, default: str | None = None, choices: Mapping[str, str] | None = None
    ) -> str:
        """An answer that can't be left open."""
        value = self.given.get(name)
        if value is None and self.console is not None:
            return self._asked(self.console, name, question, default, choices or {})
        if value is None and default is None:
            self.missing.append(name)
        return value or default or ""

    def may(self, name: str, question: str) -> str | None:
        """An answer that can be left open, as nothing."""
        value = self.given.get(name)
        if value is None and self.console is not None:
            value = self._asked(self.console, name, f"{question} (empty: none)", "", {})
        return value or None

    def _asked(
        self, console: Console, name: str, question: str, default: str | None, choices: Mapping[str, str]
    ) -> str:
        for choice, meaning in choices.items():
            console.print(f"  {choice:<13} {meaning}", highlight=False, soft_wrap=True)
        while True:
            text = Prompt.ask(
                question,
                console=console,
                choices=list(choices) or None,
                default=default or "",
                show_default=bool(default),
                show_choices=False,
            ).strip()
            wrong = fault(name, text) if text else None
            if wrong:
                console.print(f"  {wrong}", style="red", highlight=False, soft_wrap=True)
            elif text or default is not None:
                return text


def answers(given: Options, console: Console | None) -> Answers:
    """All answers, from the options, and from whoever sits at the console.

    Raises OperationError with every option that is missing or wrong.
    """
    ask = _Asker(given, console)
    found = _answers(ask)
    # What was asked for has been judged, and hosts that follow the LMS' host are as wrong as it is.
    wrong = [(name, text) for name, text in faults(found) if given.get(name) is not None]
    wrong += [(name, "missing, and there is no terminal to ask in") for name in ask.missing]
    if wrong:
        lines = "\n".join(f"  - {option(name)}: {text}" for name, text in wrong)
        raise OperationError(f"These options can't be used as they are; nothing was written.\n{lines}")
    return found


def _answers(ask: _Asker) -> Answers:
    situation = ask.need("situation", "Where will it run?", choices=SITUATIONS)
    alone = situation == "evaluation"
    stack = ask.need("stack", "Name of the stack", "campus")
    lms_host = ask.need("lms_host", "Host of the LMS", LOCAL_HOST if alone else None)
    hosts = {name: ask.given.get(name) or host for name, host in hosts_under(lms_host).items()}
    domain = mail_domain(lms_host)
    name = ask.need("name", "Name of the site", "Open edX")
    email = ask.need("email", "E-mail address for contact", f"contact@{domain}" if alone else None)
    tls = ask.need("tls", "Who encrypts?", "none" if alone else "cert-manager", TLS)
    context, kubeconfig = ask.given.get("context"), ask.given.get("kubeconfig")
    if situation in ("nodes", "aws"):
        context = ask.need("context", "Context of the kubeconfig")
    elif context is None and kubeconfig is None:
        context, kubeconfig = "default", K3S_KUBECONFIG
    answers = Answers(
        situation=situation,
        stack=stack,
        name=name,
        lms_host=lms_host,
        **hosts,
        email=email,
        tls=tls,
        context=context or "default",
        kubeconfig=kubeconfig,
    )
    return answers if alone or situation == "aws" else _with_servers(ask, answers)


def _with_servers(ask: _Asker, answers: Answers) -> Answers:
    """The same, with the servers of others that a site for learners needs."""
    smtp_host = ask.may("smtp_host", "SMTP server of a mail provider")
    bucket = ask.may("backup_bucket", "Bucket for backups, at any S3 provider")
    server = ask.may("backup_endpoint", "Address of that provider's S3 server") if bucket else None
    return replace(
        answers,
        storage_class=ask.need("storage_class", "StorageClass with ReadWriteMany")
        if answers.situation == "nodes"
        else answers.storage_class,
        smtp_host=smtp_host,
        smtp_user=ask.may("smtp_user", "User name there") if smtp_host else None,
        backup_bucket=bucket,
        backup_endpoint=server,
        backup_region=ask.given.get("backup_region") or answers.backup_region,
    )
