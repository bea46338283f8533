"""A pod that leaves says so, and serves all the same."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse

PLATFORM = Path(__file__).resolve().parents[2] / "openedx_infra" / "settings" / "platform"


def test_heartbeats_are_refused_once_the_file_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not settings.configured:
        settings.configure()
    monkeypatch.syspath_prepend(str(PLATFORM))
    monkeypatch.delitem(sys.modules, "leaving", raising=False)
    import leaving

    monkeypatch.setattr(leaving, "FILE", str(tmp_path / "leaving"))
    asked = leaving.refuse(lambda request: HttpResponse(request.path))
    paths = ["/heartbeat", "/courses"]
    assert [asked(request(path)).status_code for path in paths] == [200, 200]
    (tmp_path / "leaving").touch()
    assert [asked(request(path)).status_code for path in paths] == [503, 200]


def request(path: str) -> HttpRequest:
    made = HttpRequest()
    made.path = path
    return made
