"""Asks a registry for the digest of an image, by the OCI distribution protocol."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

import httpx2

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.images.credentials import Login

ANSWER_SECONDS = 20.0
"""How long a registry may take to answer. Docker Hub's token service takes seconds on bad days; guessed."""

MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""What an image may be: those for several machines first, as a digest shall mean all of them."""

DOCKER_HUB = ("docker.io", "registry-1.docker.io")
"""Docker Hub's name in references, and the server that has its images."""

_REFERENCE = re.compile(
    r"(?P<host>[^/]+)/(?P<repository>[a-z0-9][a-z0-9._/-]*)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Reference:
    """An image reference in its parts."""

    host: str
    repository: str
    tag: str | None
    digest: str | None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Raises OperationError for a text without a registry."""
        match = _REFERENCE.fullmatch(text)
        if match is None or not re.search(r"[.:]|^localhost$", match["host"]):
            raise OperationError(
                f"{text} is no image reference.", remedy="spell it out, as docker.io/library/mysql:8.4.11"
            )
        return cls(match["host"], match["repository"], match["tag"], match["digest"])

    def pinned(self, digest: str) -> str:
        """The reference with a digest; its tag stays, for people."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.host}/{self.repository}{tag}@{digest}"

    @property
    def server(self) -> str:
        """Address of the registry's server. Only this machine's own is spoken to without TLS."""
        host = DOCKER_HUB[1] if self.host == DOCKER_HUB[0] else self.host
        return f"http{'' if _is_here(host) else 's'}://{host}"


class Registries:
    """Registries, as somebody with these logins sees them."""

    def __init__(
        self, login: Callable[[str], Login | None], transport: httpx2.BaseTransport | None = None
    ) -> None:
        self._login = login
        self._client = httpx2.Client(timeout=ANSWER_SECONDS, follow_redirects=True, transport=transport)

    def digest(self, text: str) -> str:
        """The digest of an image, asked of its registry even when the reference has one.

        Raises OperationError when the registry does not answer, wants another login, or has no such image.
        """
        reference = Reference.parse(text)
        path = f"/v2/{reference.repository}/manifests/{reference.digest or reference.tag or 'latest'}"
        try:
            answer = self._ask(reference, "HEAD", path)
            if answer.is_success and "docker-content-digest" not in answer.headers:
                answer = self._ask(reference, "GET", path)
        except httpx2.HTTPError as error:
            raise OperationError(
                f"The registry of {text} can't be reached: {error or type(error).__name__}.",
                remedy="check the reference and this machine's network",
            ) from error
        if not answer.is_success:
            raise _refused(text, answer)
        return answer.headers.get("docker-content-digest") or _digest_of(answer.content)

    def _ask(self, reference: Reference, method: str, path: str) -> httpx2.Response:
        """Ask, and once more with what the registry wants for it."""
        headers = {"Accept": ", ".join(MANIFESTS)}
        answer = self._client.request(method, reference.server + path, headers=headers)
        if answer.status_code != 401:
            return answer
        allowed = self._authorization(reference, answer.headers.get("www-authenticate", ""))
        if allowed is None:
            return answer
        return self._client.request(
            method, reference.server + path, headers={**headers, "Authorization": allowed}
        )

    def _authorization(self, reference: Reference, challenge: str) -> str | None:
        """What to send for a challenge: the login itself, or the token that is given for it."""
        login = self._login(reference.host)
        kind, wanted = challenge.partition(" ")[0].lower(), dict(_CHALLENGE.findall(challenge))
        if kind == "basic":
            return login.basic if login else None
        realm = httpx2.URL(wanted.get("realm", ""))
        if kind != "bearer" or not (realm.scheme == "https" or _is_here(realm.netloc.decode())):
            return None
        query = {
            "service": wanted.get("service", ""),
            "scope": wanted.get("scope") or f"repository:{reference.repository}:pull",
        }
        headers = {"Authorization": login.basic} if login else {}
        answer = self._client.get(realm.copy_merge_params(query), headers=headers)
        if not answer.is_success:
            return None
        given = answer.json()
        return f"Bearer {given.get('token') or given.get('access_token')}"


def _is_here(host: str) -> bool:
    return re.fullmatch(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?", host) is not None


def _digest_of(manifest: bytes) -> str:
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def _refused(text: str, answer: httpx2.Response) -> OperationError:
    """What a refusal means."""
    host = text.partition("/")[0]
    if answer.status_code == 404:
        return OperationError(f"There is no image {text}.", remedy="check its name and tag")
    if answer.status_code in (401, 403):
        return OperationError(
            f"The registry of {text} wants another login ({answer.status_code}).",
            remedy=f"log in (`docker login {host}`), or name the registry in openedx:images.registries",
        )
    if answer.status_code == 429:
        return OperationError(
            f"The registry of {text} gives no more answers for now (429).",
            remedy=f"log in (`docker login {host}`), or try again later",
        )
    return OperationError(f"The registry of {text} answered {answer.status_code} {answer.reason_phrase}.")
