"""Rules for texts mean the same to Python, to editors and to Kubernetes."""

from __future__ import annotations

import pytest

from openedx_infra.config import ConfigError, load
from openedx_infra.config.types.patterns import Pattern


@pytest.mark.parametrize("regex", [r"v\d+", r"[\w.-]+"])
def test_no_rule_takes_digits_and_letters_of_all_scripts(regex: str) -> None:
    with pytest.raises(ValueError, match=r"version: write \[0-9\]"):
        Pattern("version", regex, "a number", "v1")


def test_a_port_in_digits_of_another_script_is_refused() -> None:
    """Python takes them for digits, and makes a number of them; JavaScript and Kubernetes don't."""
    with pytest.raises(ConfigError) as caught:
        load("campus", {"site": {"lms_host": "a.org"}, "network": {"proxy": {"url": "http://proxy.org:६६"}}})
    assert caught.value.problems[0].startswith("openedx:network.proxy.url: ")
