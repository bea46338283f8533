"""The light models of Kubernetes register what the library's own classes would."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi._types import input_type_py_to_pulumi_names
from pulumi.runtime import rpc
from pulumi_kubernetes import _utilities

from openedx_infra.kubernetes import models
from openedx_infra.kubernetes.models import Fields, field_name, resource_class
from openedx_infra.operations.offline import recording

_IMPORTS = {
    alias.name: node.module
    for node in ast.walk(ast.parse(Path(models.__file__).read_text()))
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pulumi_kubernetes")
    for alias in node.names
}
ARGUMENTS = sorted(name for name in _IMPORTS if name.endswith("Args"))
KINDS = sorted(name for name in _IMPORTS if not name.endswith("Args"))

_FIELDS: dict[str, dict[str, Any]] = {
    "ConfigMap": {"data": {"under_score": "b"}},
    "CustomResource": {"api_version": "example.org/v1", "kind": "Thing", "spec": {"in_it": 1}},
    "RoleBinding": {"role_ref": {"kind": "Role", "name": "one"}},
    "Secret": {"string_data": {"under_score": "b"}},
}


def _of_library(name: str) -> Any:
    return getattr(__import__(str(_IMPORTS[name]), fromlist=[name]), name)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_fields_have_the_names_of_the_library(name: str) -> None:
    names = input_type_py_to_pulumi_names(_of_library(name))
    assert {python: field_name(python) for python in names} == names


def test_a_field_that_is_none_is_left_out_and_read_as_none() -> None:
    fields = Fields(name=None, labels={"a": "b"}, exec_=1)
    assert fields == {"labels": {"a": "b"}, "exec": 1}
    assert (fields.name, fields.labels) == (None, {"a": "b"})


def _requests(monkeypatch: pytest.MonkeyPatch, cls: Any, kind: str) -> list[dict[str, Any]]:
    requests: list[dict[str, Any]] = []
    original = recording._registered

    def keep(urn: str, request: Any) -> recording.Registered:
        requests.append(
            {
                "type": request.type,
                "props": rpc.deserialize_properties(request.object, keep_unknowns=True),
                "version": request.version,
                "url": request.pluginDownloadURL,
                "aliases": [str(alias) for alias in request.aliases],
                "secret": sorted(request.additionalSecretOutputs),
                "protect": request.protect,
            }
        )
        return original(urn, request)

    def program() -> None:
        made = cls(
            "one",
            metadata={"name": "one"},
            opts=pulumi.ResourceOptions(protect=True),
            **_FIELDS.get(kind, {}),
        )
        pulumi.export("name", made.metadata["name"])

    with monkeypatch.context() as patch:
        patch.setattr(recording, "_registered", keep)
        graph = recording.record_program(program, "dev")
    assert graph.outputs == {"name": "one"}
    return requests


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_is_registered_as_by_the_library(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    light = _requests(monkeypatch, resource_class(kind), kind)
    assert light == _requests(monkeypatch, _of_library(kind), kind)
    assert light[0]["version"] == _utilities.get_version()


def test_every_kind_is_used() -> None:
    assert {*models._API_VERSIONS, "CustomResource"} == set(KINDS)
