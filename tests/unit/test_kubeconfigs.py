"""A kubeconfig that is none, or is incomplete, is told in one message."""

from __future__ import annotations

from pathlib import Path

import pytest

from openedx_infra.operations.cluster import connection
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.local_stack import Address

CONTEXT = "contexts: [{name: campus, context: {cluster: a, user: b}}]"
AUTHORITY = "certificate-authority-data: aGVsbG8="


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("garbage: [", "can't be read: kubeconfig, line 1"),
        ("hello", "is no kubeconfig"),
        ("", "is no kubeconfig"),
        ("contexts: 5", "is no kubeconfig"),
        ("contexts: [5]", "is no kubeconfig"),
        ("{a: 1}", "There is no context campus"),
        ("contexts: [{a: 1}]", "There is no context campus"),
        ("contexts: [{name: campus}]", "'context' is missing"),
        (CONTEXT, "'a' is missing"),
        (f"{{{CONTEXT}, clusters: [{{name: a}}], users: [{{name: b}}]}}", "'cluster' is missing"),
        (
            f"{{{CONTEXT}, clusters: [{{name: a, cluster: {{server: 'https://x.example', {AUTHORITY}}}}}], "
            "users: [{name: b, user: {token: x}}]}",
            "can't be used: ",
        ),
    ],
)
def test_what_is_wrong_is_told_with_a_remedy(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(text)
    with pytest.raises(OperationError) as caught:
        connection.connect(Address(context="campus", kubeconfig=path), "openedx-campus")
    assert sentence in caught.value.message
    assert "Nothing was changed." in caught.value.message
    assert "openedx:cluster" in str(caught.value.remedy)


def test_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="There is no kubeconfig at"):
        connection.connect(Address(context="campus", kubeconfig=tmp_path / "none"), "openedx-campus")
