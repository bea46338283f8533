"""What a rollback restores of a stack file, and what stays as it is today."""

from __future__ import annotations

from typing import Any

import pytest

from openedx_infra.operations.versions.rollback import returned

SITE = {"openedx:site": {"lms_host": "learn.example.org"}}
BACKUPS = {"openedx:backups": {"destination": {"bucket": "kept"}}}


def stores(**said: Any) -> dict[str, Any]:
    return {"openedx:datastores": {"mysql": {"source": "in-cluster"}, **said}}


def test_release_and_images_are_those_of_before() -> None:
    then, now = {**SITE, "openedx:release": "ulmo"}, {**SITE, "openedx:release": "verawood"}
    assert returned(then, now) == then


@pytest.mark.parametrize(
    ("then", "now", "guard"),
    [
        (SITE, {**SITE, **BACKUPS}, BACKUPS),
        ({**SITE, "openedx:backups": {}}, {**SITE, **BACKUPS}, BACKUPS),
        ({**SITE, **stores(protect=False)}, {**SITE, **stores()}, stores()),
        ({**SITE, **stores(protect=False)}, {**SITE, **stores(protect=True)}, stores(protect=True)),
        (SITE, {**SITE, **stores(protect=False)}, {"openedx:datastores": {"protect": False}}),
    ],
    ids=["no backups yet", "other backups", "protected since", "protected by word", "unprotected since"],
)
def test_what_guards_the_data_stays(then: dict[str, Any], now: dict[str, Any], guard: dict[str, Any]) -> None:
    assert returned(then, now) == {**then, **guard}
