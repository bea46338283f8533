"""A course's folder that can't be read to its end is no success, and leaves no traceback of a thread."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import pytest

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.users_and_courses.sources import opened


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "course.xml").write_text("<course/>")
    add = tarfile.TarFile.addfile

    def refuse(self: tarfile.TarFile, member: tarfile.TarInfo, file: Any = None) -> None:
        if member.name.endswith("course.xml"):
            raise PermissionError(13, "Permission denied", member.name)
        add(self, member, file)

    monkeypatch.setattr(tarfile.TarFile, "addfile", refuse)
    refused = pytest.raises(OperationError, match=r"Permission denied: .*course\.xml")
    with refused as caught, opened(str(tmp_path), None) as stream:
        stream.read()
    assert caught.value.remedy and "--replace" in caught.value.remedy


def test_an_error_of_the_import_itself_is_the_one_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "course.xml").write_text("<course/>")
    with pytest.raises(OperationError, match="the platform refused"), opened(str(tmp_path), None):
        raise OperationError("the platform refused")
