"""Settings of the search engine, for each part of the platform that searches.

Courses are searched by edx-search, discussions by the forum, and what authors made by Studio itself, which
knows Meilisearch alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openedx_infra.config import Stack
from openedx_infra.settings import keys
from openedx_infra.settings.connections import Search
from openedx_infra.settings.merging import Settings

_ENGINES = {
    # Classes of edx-search and of the forum. OpenSearch answers as the Elasticsearch 7 that it was.
    "meilisearch": ("search.meilisearch.MeilisearchEngine", "forum.search.meilisearch.MeilisearchBackend"),
    "elasticsearch": ("search.elastic.ElasticSearchEngine", "forum.search.es.ElasticsearchBackend"),
    "opensearch": ("search.elastic.ElasticSearchEngine", "forum.search.es.ElasticsearchBackend"),
    "typesense": ("search.typesense.TypesenseEngine", "forum.search.typesense.TypesenseBackend"),
}


def search(stack: Stack, server: Search) -> Settings:
    """The engine and its server, passwords aside."""
    engine, forum = _ENGINES[server.engine]
    return {
        "SEARCH_ENGINE": engine,
        # The forum chooses by flags as they stood before any setting of ours was read.
        "FORUM_SEARCH_BACKEND": forum,
        "MEILISEARCH_ENABLED": server.engine == "meilisearch",
        **_SERVERS[server.engine](stack, server),
    }


def search_authorities(server: Search) -> list[str]:
    """Authorities that the whole process must trust for the sake of the search server: clients of Meilisearch
    and Typesense check certificates in full, and take no authorities from a setting.
    """
    takes_none = server.engine in ("meilisearch", "typesense")
    return [server.tls.ca] if takes_none and server.tls and server.tls.ca else []


def search_secrets(server: Search, secrets: Mapping[str, str]) -> Settings:
    """The engine's API key or password."""
    if server.engine == "meilisearch":
        return {"MEILISEARCH_API_KEY": _meilisearch_key(server, secrets)}
    if server.engine == "typesense":
        return {"TYPESENSE_API_KEY": secrets["search_api_key"]}
    if server.user is None:
        return {}
    # A list can't be merged: it is here in full.
    return _elastic_hosts({**_elastic_host(server), "http_auth": [server.user, secrets["search_password"]]})


def _meilisearch_key(server: Search, secrets: Mapping[str, str]) -> str:
    if server.derived_key:
        return keys.search_api_key(secrets["meilisearch_master_key"], server.key_uid)
    return secrets["search_api_key"]


def _meilisearch(stack: Stack, server: Search) -> Settings:
    return {
        "MEILISEARCH_URL": server.url,
        "MEILISEARCH_PUBLIC_URL": server.public_url,
        "MEILISEARCH_INDEX_PREFIX": keys.index_prefix(stack),
    }


def _typesense(stack: Stack, server: Search) -> Settings:
    return {
        "TYPESENSE_ENABLED": True,
        "TYPESENSE_URLS": [server.url],
        "TYPESENSE_COLLECTION_PREFIX": keys.index_prefix(stack),
    }


def _elastic(stack: Stack, server: Search) -> Settings:
    # Its indexes are in lower case, with a letter or digit first. The forum's have no prefix: it knows none.
    prefix = keys.index_prefix(stack).lower().lstrip("-_")
    return {"ELASTIC_SEARCH_INDEX_PREFIX": prefix, **_elastic_hosts(_elastic_host(server))}


_SERVERS = {
    "meilisearch": _meilisearch,
    "elasticsearch": _elastic,
    "opensearch": _elastic,
    "typesense": _typesense,
}


def _elastic_hosts(host: Settings) -> Settings:
    """ELASTIC_SEARCH_CONFIG can't be set: production.py puts the other in its place."""
    return {"ELASTIC_SEARCH_CONFIG_ES7": [host], "FORUM_ELASTIC_SEARCH_CONFIG": [host]}


def _elastic_host(server: Search) -> dict[str, Any]:
    """As elasticsearch-py 7.9 names it."""
    endpoint = {"host": server.endpoint.host, "port": server.endpoint.port}
    tls = server.tls
    if tls is None:
        return endpoint
    files = {"ca_certs": tls.ca, "client_cert": tls.certificate, "client_key": tls.key}
    return {
        **endpoint,
        "use_ssl": True,
        "verify_certs": tls.verify != "none",
        **({"ssl_assert_hostname": False} if tls.verify == "ca" else {}),
        **{name: path for name, path in files.items() if path},
    }
