"""CONTRIBUTING's recipe of an option: a field, a line in a case, `make docs`; no other case changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from checkout_copy import ROOT, Copy

FIELD = '''    delivery: MailDelivery = MailRelay()
    """How mail is delivered."""
'''
NEW_FIELD = '''    reply_to: Email | None = None
    """Where answers to mail go. Default: the sender."""
'''
LINE = "  openedx:mail:\n    sender: no-reply@example.org\n"
NEW_LINE = "    reply_to: help@example.org\n"


@pytest.mark.long
def test_an_option_touches_its_section_and_one_case(tmp_path: Path) -> None:
    copy = Copy.into(tmp_path)
    for folder in ("tests", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    copy.change("openedx_infra/config/sections/mail.py", (FIELD, FIELD + NEW_FIELD))
    cases = ("-m", "pytest", "-p", "no:cacheprovider", "tests/unit/test_config_cases.py")
    failed = [line for line in copy.run(*cases, fails=True).splitlines() if line.startswith("FAILED")]
    assert failed and all("every" in line for line in failed), "the case of everything lacks it, no other one"
    copy.change("tests/cases/everything.ok.yaml", (LINE, LINE + NEW_LINE))
    copy.run(*cases)
    copy.run("-m", "openedx_infra.config.documentation.reference")
    reference = (copy.root / "docs/reference/configuration.md").read_text(encoding="utf-8")
    assert "Where answers to mail go" in reference
