"""Reading objects of any kind from the API server: few requests, and only metadata where that is enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from openedx_infra.operations.cluster.api import Api, Question
from openedx_infra.operations.cluster.connection import http_client_of

if TYPE_CHECKING:
    from httpx2 import Response
    from lightkube import Client

Object = Mapping[str, Any]
"""A Kubernetes object as JSON."""

PAGE = 500
"""Objects in one answer, as kubectl asks for."""

FEW = 2
"""Up to so many objects of a kind are read one by one: that needs no permission to list them."""

_METADATA = "as=PartialObjectMetadata{};v=v1;g=meta.k8s.io"


@dataclass(frozen=True, order=True)
class Kind:
    """A kind of objects in one namespace."""

    api_version: str
    kind: str
    namespace: str
    """Empty for kinds of the whole cluster."""


class Reader:
    """Reads objects from the API server of a cluster. Raises what `no_answer()` names when it does not
    answer."""

    def __init__(self, client: Client) -> None:
        self._api = Api(http_client_of(client))
        self._plurals: dict[str, dict[str, str]] = {}
        """Names of kinds in addresses, by API version and kind."""

    def read(
        self, wanted: Mapping[Kind, Iterable[str] | None], *, metadata: bool
    ) -> dict[Kind, dict[str, Object] | None]:
        """The objects by kind and name: those of the given names, or with None all of the kind.

        Answers may hold more objects than were asked for. A kind that the cluster doesn't have has none; one
        that the user may not read is None. With `metadata`, only their metadata is sent.
        """
        versions = {kind.api_version for kind in wanted} - self._plurals.keys()
        self._plurals.update(self._api.at_once(self._discover, versions))
        return self._api.at_once(lambda kind: self._objects(kind, wanted[kind], metadata), wanted)

    def _discover(self, api_version: str) -> dict[str, str]:
        answer = self._get(_root(api_version), {}, "application/json")
        if answer.status_code in (403, 404):
            return {}
        resources = answer.raise_for_status().json()["resources"]
        return {each["kind"]: each["name"] for each in resources if "/" not in each["name"]}

    def _objects(self, kind: Kind, names: Iterable[str] | None, metadata: bool) -> dict[str, Object] | None:
        plural = self._plurals[kind.api_version].get(kind.kind)
        if plural is None:
            return {}
        inside = f"/namespaces/{kind.namespace}" if kind.namespace else ""
        address = f"{_root(kind.api_version)}{inside}/{plural}"
        few = list(names) if names is not None else None
        if few is not None and len(few) <= FEW:
            return self._one_by_one(address, few, metadata)
        return self._list(address, metadata)

    def _one_by_one(self, address: str, names: Iterable[str], metadata: bool) -> dict[str, Object] | None:
        objects = {}
        for name in names:
            answer = self._get(f"{address}/{name}", {}, _accept("", metadata))
            if answer.status_code == 403:
                return None
            if answer.status_code != 404:
                objects[name] = answer.raise_for_status().json()
        return objects

    def _list(self, address: str, metadata: bool) -> dict[str, Object] | None:
        objects: dict[str, Object] = {}
        page = {"limit": str(PAGE)}
        while True:
            answer = self._get(address, page, _accept("List", metadata))
            if answer.status_code == 403:
                return None
            if answer.status_code == 404:
                return {}
            content = answer.raise_for_status().json()
            objects |= {item["metadata"]["name"]: item for item in content.get("items") or ()}
            following = content["metadata"].get("continue")
            if not following:
                return objects
            page["continue"] = following

    def _get(self, address: str, parameters: Mapping[str, str], accept: str) -> Response:
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self._api.response(Question(path=f"{address}{query}", accept=accept))


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _accept(kind: str, metadata: bool) -> str:
    plain = "application/json"
    return f"{plain};{_METADATA.format(kind)}, {plain}" if metadata else plain
