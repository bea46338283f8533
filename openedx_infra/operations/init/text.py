"""The text of a stack file: a template of its situation, completed by answers."""

from __future__ import annotations

import re
from dataclasses import asdict
from functools import cache
from pathlib import Path

import yaml

from openedx_infra.operations.init.answers import Answers
from openedx_infra.operations.stack_files.checkout import SCHEMA

_TEMPLATES = Path(__file__).parent / "templates"
_PLACE = re.compile(r"\[\[(\w+)\]\]")
_PLAIN = re.compile(r"(https?://)?[A-Za-z/][A-Za-z0-9._@/-]*( [A-Za-z0-9._@/-]+)*")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
COOKIE_PREFIX_LENGTH = 32
"""What `openedx:site.cookie_prefix` takes."""
_LOGIN_PREFIX = ("lms.", "learn.", "www.", "courses.")
"""Labels before a site's domain, from which nobody sends mail."""


def stack_text(answers: Answers) -> str:
    """The whole stack file, with comments."""
    parts = {"tls": _tls(answers), "mail": _mail(answers), "backups": _backups(answers)}
    text = _template(answers.situation).replace("docs/reference/stack.schema.json", SCHEMA)
    for name, part in parts.items():
        text = text.replace(f"[[{name}]]\n", _template(f"parts/{part}"))
    lines = _lines(answers)
    kept = [line for line in text.splitlines() if not _is_empty(line, lines)]
    return "\n".join(_completed(line, {**_values(answers), **lines}) for line in kept) + "\n"


def _tls(answers: Answers) -> str:
    if answers.situation == "aws" and answers.tls == "cert-manager":
        return "tls-cluster-issuer"
    return f"tls-{answers.tls}"


def _mail(answers: Answers) -> str:
    if answers.smtp_host is None:
        return "mail-relay"
    return "mail-smtp" if answers.smtp_user else "mail-smtp-open"


def _backups(answers: Answers) -> str:
    if answers.backup_bucket is None:
        return "backups-none"
    return "backups-bucket" if answers.situation == "nodes" else "backups-bucket-small"


def _lines(answers: Answers) -> dict[str, str]:
    """Whole lines that are left out where they are empty."""
    server = (
        f"endpoint: {_scalar(answers.backup_endpoint)}"
        if answers.backup_endpoint
        else f"region: {_scalar(answers.backup_region)}"
    )
    kubeconfig = f"    kubeconfig: {_scalar(answers.kubeconfig)}" if answers.kubeconfig else ""
    return {"backup_server": f"      {server}", "kubeconfig_line": kubeconfig}


def _is_empty(line: str, lines: dict[str, str]) -> bool:
    return any(line == f"[[{name}]]" and not text for name, text in lines.items())


def _values(answers: Answers) -> dict[str, str]:
    values = {name: _scalar(value) for name, value in asdict(answers).items() if isinstance(value, str)}
    return {
        **values,
        "stack": answers.stack,  # it stands inside words, such as a namespace, and needs no quotes there
        "mail_domain": mail_domain(answers.lms_host),
        "cookie_prefix": _scalar(answers.stack[:COOKIE_PREFIX_LENGTH]),
    }


def mail_domain(host: str) -> str:
    """The domain from which a site sends mail."""
    prefix = next((prefix for prefix in _LOGIN_PREFIX if host.startswith(prefix)), "")
    rest = host.removeprefix(prefix)
    return rest if "." in rest else host


def _completed(line: str, values: dict[str, str]) -> str:
    return _PLACE.sub(lambda place: values[place[1]], line)


def _scalar(value: str) -> str:
    """A text as YAML writes it on one line: in quotes unless it can be nothing but text."""
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return yaml.safe_dump(value, default_style='"', allow_unicode=True, width=10**6).removesuffix("\n")


@cache
def _template(name: str) -> str:
    return (_TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8")
