"""Kubernetes objects of the operator's own: what is read, and what is refused before all else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from samples import LEAST

from openedx_infra.config import Stack, checkout_files, load
from openedx_infra.config.rules.extras import manifests as rules
from openedx_infra.config.secrets.references import uses
from openedx_infra.operations.offline import missing_files

QUOTA: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "campus"},
    "spec": {},
}


def stack(**manifests: Any) -> Stack:
    return load("dev", {**LEAST, "extras": {"manifests": {name: each for name, each in manifests.items()}}})


def faults(*objects: Any, **more: Any) -> list[str]:
    """What is wrong with objects that stand in the stack file, without its key."""
    found = rules.problems(stack(mine={"objects": list(objects), **more}))
    start = "openedx:extras.manifests.mine: "
    assert all(line.startswith(start) for line in found)
    return [line.removeprefix(start) for line in found]


def changed(**fields: Any) -> dict[str, Any]:
    return {**QUOTA, **fields}


RIGHT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an object of the namespace": (QUOTA, {}),
    "its namespace by name": (changed(metadata={"name": "a", "namespace": "openedx-dev"}), {}),
    "another namespace": (changed(metadata={"name": "a", "namespace": "other"}), {"anywhere": True}),
    "one of the cluster": (changed(kind="ClusterRole"), {"anywhere": True}),
    "a Secret by reference": (changed(kind="Secret", stringData={"a": {"secret": "lti"}}), {}),
    "an empty Secret": (changed(kind="Secret", type="Opaque"), {}),
    "a ConfigMap": (changed(kind="ConfigMap", data={"TOKEN_FILE": "/x", "a.conf": "b"}), {}),
    "a reference of another kind": (changed(kind="Ingress", spec={"tls": [{"secretName": "x"}]}), {}),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_accepted(name: str) -> None:
    obj, more = RIGHT[name]
    assert faults(obj, **more) == []


WRONG: dict[str, tuple[Any, list[str]]] = {
    "no kind, no name": (
        {"apiVersion": "v1", "metadata": {}},
        ["objects[0] has no `kind`: write it", "objects[0] has no `metadata.name`: write it"],
    ),
    "a list": (
        changed(kind="ConfigMapList"),
        ["objects[0] is a list: write each of its items as a document of its own"],
    ),
    "the whole cluster": (
        changed(kind="ClusterRole"),
        [
            "ClusterRole campus (objects[0]) is of the whole cluster, which other instances share: leave it "
            "out, or set `anywhere: true`"
        ],
    ),
    "another namespace": (
        changed(metadata={"name": "a", "namespace": "other"}),
        [
            "ResourceQuota a (objects[0]) is of namespace other, and this instance has openedx-dev: leave it "
            "out, or set `anywhere: true`"
        ],
    ),
    "a Secret in plain": (
        changed(kind="Secret", data={"a": "aGVsbG8="}, stringData={"b": "hello"}),
        [
            "Secret campus (objects[0]) has `data`, which is no secret: write `stringData` with "
            "`{secret: NAME}`",
            "Secret campus (objects[0]) has b in plain: run `openedx-infra secrets set NAME --stack dev`, "
            "and write `b: {secret: NAME}`",
        ],
    ),
    "a reference that nothing replaces": (
        changed(spec={"token": {"secret": "lti"}}),
        [
            "ResourceQuota campus (objects[0]) refers to a secret elsewhere than in the `stringData` of a "
            "Secret, where nothing puts it in: make a Secret, and mount it as a file"
        ],
    ),
    "a secret in a ConfigMap": (
        changed(kind="ConfigMap", data={"API_TOKEN": "hello"}),
        [
            "ConfigMap campus (objects[0]) has API_TOKEN, which is secret by its name, in plain: make a "
            "Secret of it"
        ],
    ),
    "an address with a password": (
        changed(spec={"args": ["https://me:hello@example.org/"]}),
        [
            "ResourceQuota campus (objects[0]) holds an address with a password in plain: put it into a "
            "Secret, as `{secret: NAME}`"
        ],
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(name: str) -> None:
    obj, expected = WRONG[name]
    assert faults(obj) == expected


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of Pulumi.yaml."""
    monkeypatch.setattr(checkout_files, "PROJECT_FOLDER", tmp_path)
    return tmp_path


def test_files_have_several_documents_and_are_refused_by_line(folder: Path) -> None:
    texts = {
        "good.yaml": "---\n" + yaml.safe_dump_all([QUOTA, changed(kind="ConfigMap")]),
        "bad.yaml": "a: 1\nb: [\n",
        "empty.yaml": "---\n",
        "dates.yaml": yaml.safe_dump(QUOTA).replace("spec: {}", "spec: {day: 2026-01-01}"),
        "list.yaml": "- 1\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    assert rules.problems(stack(good={"file": "good.yaml"})) == []
    found = rules.problems(
        stack(
            **{name: {"file": f"{name}.yaml"} for name in ("bad", "empty", "dates", "list", "none")}, both={}
        )
    )
    start = "openedx:extras.manifests."
    assert [line.removeprefix(start) for line in found] == [
        "bad: bad.yaml, line 3: did not find expected node content: correct its YAML",
        "empty: empty.yaml holds no object: write one, or leave it out",
        "dates: document 1 of dates.yaml has a value that is no text, number, list or map, such as a date: "
        "put it in quotes",
        "list: document 1 of list.yaml is no object: write `apiVersion`, `kind` and `metadata` with a `name`",
        "none: there is no file none.yaml: make it, or correct its path",
        "both: set either `file` or `objects`",
    ]


def test_check_judges_the_rest_without_wrong_ones(folder: Path) -> None:
    wrong = stack(none={"file": "none.yaml"}, good={"objects": [QUOTA]})
    assert list(missing_files.without(wrong, folder).extras.manifests) == ["good"]


def test_a_secret_of_the_program_s_own_is_refused_in_files_too(folder: Path) -> None:
    secret = changed(kind="Secret", stringData={"a": {"secret": "mysql_password"}, "b": {"secret": "My!"}})
    (folder / "a.yaml").write_text(yaml.safe_dump(secret), encoding="utf-8")
    found = rules.problems(stack(mine={"file": "a.yaml"}))
    assert [line.partition("(document 1 of a.yaml) ")[2] for line in found] == [
        "has mysql_password, a secret of this program's own, under a: choose another name",
        "has no name of a secret under b: write at most 63 lower-case letters, digits and underscores, with "
        "a letter first",
    ]


def test_secrets_in_files_are_known_with_what_uses_them(folder: Path) -> None:
    secret = changed(kind="Secret", stringData={"a": {"secret": "lti"}})
    (folder / "a.yaml").write_text(yaml.safe_dump_all([QUOTA, secret]), encoding="utf-8")
    found = uses(stack(file={"file": "a.yaml"}, here={"objects": [QUOTA, secret]}))
    assert found == {
        "lti": [
            ("extras", "manifests", "file", "file"),
            ("extras", "manifests", "here", "objects", 1, "stringData", "a"),
        ]
    }
