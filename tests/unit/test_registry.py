"""Digests are asked of registries as the protocol wants it, and refusals are told as what they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.images.credentials import Login, docker_config, docker_login
from openedx_infra.operations.images.registry import MANIFESTS, Reference, Registries

DIGEST = f"sha256:{'a' * 64}"
TOKEN_SERVICE = "https://auth.example.org/token"
Answer = Callable[[httpx2.Request], httpx2.Response]


class Registry:
    """A registry that gives manifests for a token, which its token service gives for a login."""

    def __init__(self, login: Login | None = None, challenge: str | None = None) -> None:
        self.login = login
        self.challenge = (
            challenge or f'Bearer realm="{TOKEN_SERVICE}",service="registry",scope="repository:a/b:pull"'
        )
        self.asked: list[httpx2.Request] = []
        self.manifests = {"/v2/a/b/manifests/1.0": DIGEST}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        said = request.headers.get("authorization")
        if request.url.host == "auth.example.org":
            if said != (self.login.basic if self.login else None):
                return httpx2.Response(401)
            assert request.url.params["scope"] == "repository:a/b:pull"
            return httpx2.Response(200, json={"token": "given"})
        if said not in ("Bearer given", self.login.basic if self.login else ""):
            return httpx2.Response(401, headers={"www-authenticate": self.challenge})
        digest = self.manifests.get(request.url.path)
        return (
            httpx2.Response(200, headers={"docker-content-digest": digest})
            if digest
            else httpx2.Response(404)
        )


def registries(answer: Answer, login: Login | None = None) -> Registries:
    return Registries(lambda host: login, httpx2.MockTransport(answer))


def test_a_token_is_fetched_by_whoever_wants_one() -> None:
    registry = Registry()
    assert registries(registry).digest("registry.example.org/a/b:1.0") == DIGEST
    first, token, second = registry.asked
    assert str(first.url) == "https://registry.example.org/v2/a/b/manifests/1.0"
    assert first.method == second.method == "HEAD"
    assert first.headers["accept"].split(", ") == list(MANIFESTS)
    assert token.url.params["service"] == "registry"


@pytest.mark.parametrize("challenge", [None, 'Basic realm="registry"'])
def test_a_login_is_used_where_it_is_asked_for(challenge: str | None) -> None:
    login = Login("me", "päss:word")
    assert registries(Registry(login, challenge), login).digest("registry.example.org/a/b:1.0") == DIGEST
    with pytest.raises(OperationError, match="wants another login"):
        registries(Registry(login, challenge), Login("me", "wrong")).digest("registry.example.org/a/b:1.0")
    assert "päss" not in repr(login)


def test_a_login_goes_to_no_token_service_without_tls() -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(
            401, headers={"www-authenticate": 'Bearer realm="http://auth.example.org/token"'}
        )

    with pytest.raises(OperationError, match="wants another login"):
        registries(answer, Login("me", "secret")).digest("registry.example.org/a/b:1.0")
    assert not any("auth.example.org" in url for url in asked)


def test_docker_hub_is_asked_where_its_images_are_and_this_machine_without_tls() -> None:
    assert Reference.parse("docker.io/library/mysql:8").server == "https://registry-1.docker.io"
    assert Reference.parse("127.0.0.1:5000/a/b:1").server == "http://127.0.0.1:5000"
    assert Reference.parse("localhost:5000/a:1").server == "http://localhost:5000"
    assert Reference.parse("localhost.example.org/a:1").server == "https://localhost.example.org"


def test_a_registry_that_tells_no_digest_is_asked_for_the_manifest() -> None:
    manifest = b'{"schemaVersion": 2}'

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=manifest if request.method == "GET" else b"")

    expected = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    assert registries(answer).digest("registry.example.org/a/b:1.0") == expected


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (404, "There is no image"),
        (403, "wants another login"),
        (429, "no more answers"),
        (502, "answered 502"),
    ],
)
def test_a_refusal_is_told_as_what_it_is(code: int, words: str) -> None:
    with pytest.raises(OperationError, match=words) as caught:
        registries(lambda _: httpx2.Response(code)).digest("registry.example.org/a/b:1.0")
    assert "registry.example.org/a/b:1.0" in caught.value.message


def test_a_registry_that_does_not_answer_is_told() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("connection refused")

    with pytest.raises(OperationError, match="can't be reached: connection refused"):
        registries(answer).digest("registry.example.org/a/b:1.0")


@pytest.mark.parametrize("text", ["mysql", "library/mysql:8", "registry.example.org/a b:1", ""])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(OperationError, match="no image reference"):
        Reference.parse(text)


def test_a_pinned_reference_keeps_its_tag() -> None:
    reference = Reference.parse(f"docker.io/library/mysql:8.4@sha256:{'b' * 64}")
    assert reference.pinned(DIGEST) == f"docker.io/library/mysql:8.4@{DIGEST}"
    assert Reference.parse(f"docker.io/library/mysql@{DIGEST}").pinned(DIGEST).endswith(f"mysql@{DIGEST}")


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


def test_logins_of_docker_are_found(docker: Path) -> None:
    assert docker_login("ghcr.io") is None
    logins = {"ghcr.io": Login("me", "a:b"), "docker.io": Login("hub", "secret")}
    (docker / "config.json").write_text(json.dumps(docker_config(logins)), encoding="utf-8")
    assert docker_login("ghcr.io") == logins["ghcr.io"]
    assert docker_login("docker.io") == logins["docker.io"]
    assert docker_login("quay.io") is None


def test_logins_in_a_keychain_are_asked_of_its_helper(docker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = docker / "docker-credential-test"
    helper.write_text('#!/bin/sh\necho "{\\"Username\\": \\"$(cat)\\", \\"Secret\\": \\"s\\"}"\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker}:/usr/bin:/bin")
    (docker / "config.json").write_text('{"credsStore": "test"}', encoding="utf-8")
    assert docker_login("ghcr.io") == Login("ghcr.io", "s")
    (docker / "config.json").write_text('{"credsStore": "absent"}', encoding="utf-8")
    assert docker_login("ghcr.io") is None


def test_own_logins_are_added_to_docker_s_and_hide_keychains() -> None:
    before = {"auths": {"quay.io": {"auth": "x"}}, "credHelpers": {"ghcr.io": "k", "gcr.io": "k"}, "a": 1}
    config = docker_config({"ghcr.io": Login("me", "p")}, before)
    assert config["a"] == 1
    assert set(config["auths"]) == {"quay.io", "ghcr.io"}
    assert config["credHelpers"] == {"gcr.io": "k"}
