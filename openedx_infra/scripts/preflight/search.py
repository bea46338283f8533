"""Checks of a search server, and of its key or login."""

import base64
import json
import re
import time
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime
from typing import Any

from . import network
from .report import Fault, Findings, is_older, secret

LEAST_ELASTICSEARCH = (7, 17)
"""edx-search speaks to Elasticsearch by the client of version 7."""


def check(store: dict[str, Any], findings: Findings) -> None:
    """Look at a server of any engine."""
    config = store["connection"]
    network.probe(config["endpoint"]["host"], config["endpoint"]["port"], config["tls"], findings, "url")
    server = Server(config, findings)
    {
        "meilisearch": _meilisearch,
        "typesense": _typesense,
        "elasticsearch": _elasticsearch,
        "opensearch": _elasticsearch,
    }[config["engine"]](server, store, findings)


class Server:
    """A server by HTTP, with the login that the platform has."""

    def __init__(self, config: dict[str, Any], findings: Findings) -> None:
        self.config, self.findings = config, findings
        scheme = "https" if config["tls"] else "http"
        self.url = f"{scheme}://{config['endpoint']['host']}:{config['endpoint']['port']}"

    def ask(
        self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Code and content of an answer, which compares the clocks as well. Raises Fault without one."""
        request = urllib.request.Request(self.url + path, method=method, headers=headers or {})
        if method == "POST":
            request.data, request.headers["Content-type"] = b"{}", "application/json"
        before = time.time()
        tls = self.config["tls"]
        try:
            with urllib.request.urlopen(
                request, timeout=network.TIMEOUT, context=network.context(tls) if tls else None
            ) as answer:
                code, content, date = answer.status, answer.read(), answer.headers["Date"]
        except urllib.error.HTTPError as error:
            code, content, date = error.code, error.read(), error.headers["Date"]
        except OSError as error:
            raise Fault(
                f"{self.url}{path} does not answer ({getattr(error, 'reason', error)})", "url"
            ) from error
        self._compare(date, before)
        return code, _parsed(content)

    def _compare(self, date: str | None, before: float) -> None:
        if date and not getattr(self, "compared", False):
            # It counts whole seconds.
            self.findings.clock(parsedate_to_datetime(date).timestamp(), before - 1, time.time())
            self.compared = True


def _meilisearch(server: Server, store: dict[str, Any], findings: Findings) -> None:
    """Its key must reach the indexes of this instance; one that isn't there is no refusal."""
    code, answer = server.ask("/health")
    if code != 200 or not isinstance(answer, dict) or answer.get("status") != "available":
        raise Fault(f"what answers at {server.url} is no Meilisearch: correct `url` or `engine`", "url")
    master = store["administrator"] is not None
    name = "meilisearch_master_key" if master else "search_api_key"
    key = {"Authorization": f"Bearer {secret(name)}"}
    path = "/keys?limit=1" if master else f"/indexes/{store['prefix']}openedx-preflight/search"
    code, _ = server.ask(path, method="GET" if master else "POST", headers=key)
    if code in (401, 403):
        what = "is refused" if master else f"may not search indexes that begin with {store['prefix']}"
        raise Fault(f"its key {what}: put the right one into openedx:secrets.{name}", "provisioned")
    code, answer = server.ask("/version", headers=key)
    if code == 200 and _numbers(answer["pkgVersion"]) < _numbers(store["tested"]):
        findings.warn(
            f"Meilisearch {answer['pkgVersion']} is older than {store['tested']}, which this release "
            "is tested with: upgrade it"
        )


def _typesense(server: Server, store: dict[str, Any], findings: Findings) -> None:
    code, answer = server.ask("/health")
    if code != 200 or not isinstance(answer, dict) or answer.get("ok") is not True:
        raise Fault(
            f"what answers at {server.url} is no Typesense that is ready: correct `url` or `engine`", "url"
        )
    code, _ = server.ask("/collections", headers={"X-TYPESENSE-API-KEY": secret("search_api_key")})
    if code in (401, 403):
        raise Fault("its key is refused: put the right one into openedx:secrets.search_api_key", "engine")


def _elasticsearch(server: Server, store: dict[str, Any], findings: Findings) -> None:
    user, headers = server.config["user"], {}
    if user:
        login = base64.b64encode(f"{user}:{secret('search_password')}".encode()).decode()
        headers["Authorization"] = f"Basic {login}"
    code, answer = server.ask("/", headers=headers)
    if code in (401, 403):
        rule = (
            f"put the right password of {user} into openedx:secrets.search_password"
            if user
            else "set `username`"
        )
        raise Fault(f"it refuses the login ({code}): {rule}", "username")
    version = answer.get("version") if isinstance(answer, dict) else None
    if code != 200 or not isinstance(version, dict) or "number" not in version:
        raise Fault(f"what answers at {server.url} is no search server: correct `url` or `engine`", "url")
    engine = version.get("distribution", "elasticsearch")
    if engine != server.config["engine"]:
        findings.fault(f"it is {engine}, not {server.config['engine']}: correct it", "engine")
    elif engine == "elasticsearch" and is_older(_numbers(version["number"]), LEAST_ELASTICSEARCH):
        findings.fault(f"Elasticsearch {version['number']} is too old: at least 7.17 is needed", "engine")
    code, _ = server.ask(f"/{store['prefix'].lower()}openedx-preflight/_search", headers=headers)
    if code in (401, 403):
        findings.fault(f"{user} may not search: grant it all rights on the instance's indexes", "username")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:2]))


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
