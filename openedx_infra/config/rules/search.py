"""Rules for search servers that somebody else runs."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config.datastores.search import SearchExternal, SearchShared
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.stack import Stack

_SEARCH: Location = ("datastores", "search")
_OF_ENGINES = {
    "username": ("elasticsearch", "opensearch"),
    "public_host": ("meilisearch",),
    "provisioned": ("meilisearch",),
}
"""Keys that only some engines know."""


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    section = stack.datastores.search
    if isinstance(section, SearchExternal):
        yield from _release(stack, section)
        yield from _keys(section)
        yield from _encryption(section)
        yield from _browsers(stack, section)
    if isinstance(section, SearchShared):
        yield from _discussions(stack)


def _release(stack: Stack, section: SearchExternal) -> Iterator[Conflict]:
    engines = stack.pinned_release.search_engines
    if section.engine not in engines:
        text = f"{section.engine} is not known to {stack.release}: it can use {', '.join(engines)}"
        yield Conflict((*_SEARCH, "engine"), text, (("release",),))


def _keys(section: SearchExternal) -> Iterator[Conflict]:
    for key, engines in _OF_ENGINES.items():
        if key in section.model_fields_set and section.engine not in engines and _differs(section, key):
            text = f"is for {' and '.join(engines)}, and `engine` is {section.engine}: leave it out"
            yield Conflict((*_SEARCH, key), text, ((*_SEARCH, "engine"),))


def _differs(section: SearchExternal, key: str) -> bool:
    return bool(getattr(section, key) != SearchExternal.model_fields[key].default)


def _encryption(section: SearchExternal) -> Iterator[Conflict]:
    tls: Location = (*_SEARCH, "tls")
    if section.tls is None:
        return
    if section.url.startswith("http:"):
        text = f"stands beside an address without it ({section.url}): write https there, or leave this out"
        yield Conflict(tls, text, ((*_SEARCH, "url"),))
    if section.engine not in ("meilisearch", "typesense"):
        return
    if section.tls.client_certificate:
        text = f"edx-platform's client of {section.engine} presents none: leave it out"
        yield Conflict((*tls, "client_certificate"), text, ((*_SEARCH, "engine"),))
    if section.tls.verify != "full":
        client = f"edx-platform's client of {section.engine}"
        text = f"{section.tls.verify} is nothing that {client} can do: write full"
        yield Conflict((*tls, "verify"), text, ((*_SEARCH, "engine"),))


def _browsers(stack: Stack, section: SearchExternal) -> Iterator[Conflict]:
    """Studio's pages ask a Meilisearch directly."""
    plain = section.url.startswith("http:")
    if section.engine == "meilisearch" and plain and stack.site.secure and section.public_host is None:
        text = (
            f"missing: pages of https ask the server themselves, and {section.url} speaks no https, which "
            "browsers refuse: name the host of a proxy before it that does"
        )
        yield Conflict((*_SEARCH, "public_host"), text, ((*_SEARCH, "url"), ("site", "tls")))


def _discussions(stack: Stack) -> Iterator[Conflict]:
    """The forum's indexes have the same names in every instance (openedx-forum 0.4)."""
    if stack.features.flags.get("ENABLE_DISCUSSION_SERVICE", True) is not False:
        text = (
            "would mix up the discussions of all instances, whose indexes have the same names on a shared "
            "server: choose another source, or write `ENABLE_DISCUSSION_SERVICE: false` under "
            "openedx:features.flags"
        )
        yield Conflict((*_SEARCH, "source"), text, (("features", "flags"),))
