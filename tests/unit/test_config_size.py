"""A configuration that Pulumi can't hand to the program is refused with its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from openedx_infra.config import ConfigError
from openedx_infra.operations.stack_files import config_size, stack_file


def test_the_largest_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.mine.yaml"
    site = "openedx:site: {lms_host: learn.example.org}"
    path.write_text(f"config:\n  {site}\n  openedx:settings: {{common: {{LONG: {'x' * 1_200_000}}}}}\n")
    with pytest.raises(ConfigError) as caught:
        stack_file.validated(stack_file.read("mine", path))
    text = str(caught.value)
    assert "config: has 1,200,0" in text
    assert "of them in `openedx:settings`" in text
    assert "128,000" in text


@pytest.mark.parametrize("value", ["x" * 127_900, {"a": ["x" * 63_000, 5, None]}])
def test_what_fits_passes(value: object) -> None:
    assert list(config_size.problems({"openedx:settings": value})) == []


@pytest.mark.parametrize("value", ["<" * 30_000, {"a": '"' * 60_000}, ["ü" * 70_000]])
def test_what_grows_on_the_way_counts_as_it_arrives(value: object) -> None:
    (line,) = config_size.problems({"openedx:settings": value})
    assert line.startswith("config: has ")
