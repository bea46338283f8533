"""Companion services that are Django projects find their settings module among their own files."""

from __future__ import annotations

import pytest
from services_on import SERVICES, with_services

from openedx_infra.config import load
from openedx_infra.services.of_stack import companions


@pytest.mark.parametrize("name", SERVICES)
def test_the_settings_module_is_where_python_looks(name: str) -> None:
    [parts] = [each.parts for each in companions(load("campus", with_services([name]))) if each.name == name]
    module = f"{parts.env['PYTHONPATH']}/{parts.env['DJANGO_SETTINGS_MODULE']}.py"
    assert module in [file.path for file in parts.files]
