"""`outputs` begins with what people look for."""

from __future__ import annotations

from openedx_infra.operations.deploy.outputs import in_order


def test_addresses_come_first_and_the_configuration_last() -> None:
    outputs = {
        "cluster": "here",
        "config": {"a": {"b": 1, "c": 2}, "d": [1, 2, 3]},
        "images": {"openedx": "x"},
        "lms_url": "https://lms",
        "mfe_urls": {"a": "https://apps/a"},
        "studio_url": "https://studio",
        "version": "1",
    }
    names = [name for name, _ in in_order(outputs)]
    assert names[:4] == ["lms_url", "studio_url", "cluster", "version"]
    assert names[-1] == "config" and sorted(names) == sorted(outputs)
