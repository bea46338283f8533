"""Two instances that differ in name and host alone share nothing that either of them would take for its own.

Whatever they may have in common is looked at: a cluster, the servers of a foundation, an AWS account, and
a bucket of backups. Each thing is claimed by a name within a scope, and no two instances claim the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from on_aws import ALL
from samples import said_by
from shape import Record, of_kind

from openedx_infra.config import Stack, load
from openedx_infra.config.types.hosts import within
from openedx_infra.operations.init.answers import SITUATIONS, Answers, hosts_under
from openedx_infra.operations.init.text import stack_text
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.settings.cookies import cookies

CASES = Path(__file__).parents[1] / "cases"
Claim = tuple[str, str, str]
"""What kind of thing it is, where its name counts, and its name."""


def _shared() -> dict[str, Any]:
    """Everything on the servers of one foundation, by default names."""
    said = said_by(CASES / "everything.ok.shared.yaml")
    for store in ("mysql", "mongodb"):
        for name in ("database", "user", "history_database"):
            said["datastores"][store].pop(name, None)
    said["datastores"]["broker"].pop("database")
    said["datastores"]["cache"].pop("database")
    return said


def _on_aws() -> dict[str, Any]:
    said = json.loads(json.dumps(ALL))
    said["datastores"]["storage"].pop("prefix")
    said["mail"].pop("sender")
    return dict(said)


BACKED_UP = {"destination": {"endpoint": "https://s3.example.org", "bucket": "backups"}}
KINDS: Mapping[str, dict[str, Any]] = {
    "in-the-cluster": {
        "cluster": {"context": "here"},
        "datastores": {"storage": {"source": "in-cluster"}},
        "site": {"tls": {"source": "cert-manager", "issuer": {"source": "self-signed"}}},
        "backups": BACKED_UP,
        "monitoring": {"prometheus": True},
    },
    "of-one-foundation": {
        **_shared(),
        "event_bus": {},
        "services": {"xqueue": {"enabled": True}, "notes": {"enabled": True}},
    },
    "on-aws": _on_aws(),
    "at-one-meilisearch": {
        "datastores": {
            "search": {
                "source": "external",
                "engine": "meilisearch",
                "url": "https://search.example.org",
                "provisioned": False,
            }
        }
    },
}
NAMES = (("campus", "campus.example.org"), ("campus-2", "campus-2.example.org"))
"""Names and hosts of the two: one name begins with the other."""


def two(recorded: Record, kind: str) -> list[Graph]:
    said = KINDS[kind]
    return [
        recorded({**said, "site": {**said.get("site", {}), "lms_host": host}}, name=name)
        for name, host in NAMES
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_instances_claim_the_same(recorded: Record, kind: str) -> None:
    first, second = ({claim for claim in claims(graph)} for graph in two(recorded, kind))
    assert first & second == set()
    assert {each[0] for each in first} == {each[0] for each in second} >= EXPECTED[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_no_prefix_begins_with_that_of_another(recorded: Record, kind: str) -> None:
    """Who deletes all keys of `campus` must not delete those of `campus-2`."""
    first, second = ([each for each in claims(graph) if each[0] in PREFIXES] for graph in two(recorded, kind))
    for one, other in product(first, second):
        if one[:2] == other[:2]:
            assert not one[2].startswith(other[2]) and not other[2].startswith(one[2]), (one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_browsers_send_no_cookie_to_the_other(recorded: Record, kind: str) -> None:
    """Not where the hosts of each are under its LMS' host, as they are by default."""
    first, second = ([each for each in claims(graph) if each[0] == "cookie"] for graph in two(recorded, kind))
    for (_, ours, name), (_, theirs, other) in product(first, second):
        assert name != other or not (within(ours, theirs) or within(theirs, ours)), (ours, theirs, name)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_new_instances_under_one_domain_have_cookies_of_their_own(situation: str) -> None:
    """`init` gives each a prefix, as sibling hosts share the cookies of their domain."""
    names = [_cookie_names(_of_init(situation, name)) for name, _ in NAMES]
    assert names[0] & names[1] == set()


def _of_init(situation: str, name: str) -> Stack:
    hosts = {key: f"{host.split('.')[0]}-{name}.example.org" for key, host in hosts_under("x.y").items()}
    answers = Answers(
        situation=situation,
        stack=name,
        name="A",
        lms_host=f"learn-{name}.example.org",
        **hosts,
        email="office@example.org",
        tls="none",
        context="default",
    )
    config = yaml.safe_load(stack_text(replace(answers)))["config"]
    said = {key.removeprefix("openedx:"): value for key, value in config.items()}
    stack = load(name, said, placeholders=True)
    assert stack.site.cookie_domain == "example.org"
    return stack


def _cookie_names(stack: Stack) -> set[str]:
    each = cookies(stack)
    return {each.token_payload, each.token_signature, each.logged_in, each.user, each.language}


EXPECTED = {
    "in-the-cluster": {"object", "host", "mysql database", "keys", "indexes", "bucket", "backups", "cookie"},
    "of-one-foundation": {
        "made database",
        "object",
        "host",
        "mysql database",
        "mysql user",
        "keys",
        "topics",
        "cookie",
    },
    "on-aws": {"object", "host", "aws", "bucket", "cookie", "OAuth client"},
    "at-one-meilisearch": {"indexes", "API key"},
}
"""Scopes of which each kind of instance must have something: a test that finds nothing to compare is none."""
PREFIXES = ("keys", "indexes", "topics")


def claims(graph: Graph) -> Iterator[Claim]:
    """All that an instance takes for its own."""
    yield from _objects(graph)
    yield from _on_amazon(graph)
    yield from _repositories(graph)
    yield from _made(graph)
    for site, file in (("lms", "lms.yml"), ("studio", "cms.yml")):
        yield from _of_settings(graph, _settings(graph, site, file))


def _objects(graph: Graph) -> Iterator[Claim]:
    for obj in graph.objects():
        meta = obj["metadata"]
        yield "object", f"{obj['kind']} in {meta.get('namespace', 'the cluster')}", meta["name"]
    for kind in ("Ingress", "HTTPRoute"):
        for resource in of_kind(graph, kind):
            spec = graph.object(resource)["spec"]
            hosts = spec.get("hostnames") or [rule.get("host") for rule in spec.get("rules") or ()]
            yield from (("host", "the Internet", host) for host in hosts if host)


_NAMES_AT_AWS = re.compile(r"(name|identifier|prefix|bucket|emailIdentity|GroupId)$", re.IGNORECASE)
_OF_OTHERS = frozenset(
    {
        "clusterName",
        "dbName",
        "engineName",
        "serviceName",
        "parameterGroupFamily",
        "family",
        "caCertIdentifier",
    }
    | {"username", "masterUsername"}
)
"""What names something of others, or within the resource: the EKS cluster, an authority, a server's user."""


def _on_amazon(graph: Graph) -> Iterator[Claim]:
    for resource in graph.resources:
        if resource.type.startswith("aws:"):
            for key, value in resource.props.items():
                if isinstance(value, str) and _NAMES_AT_AWS.search(key) and key not in _OF_OTHERS:
                    yield "aws", f"{resource.type} {key}", value


def _repositories(graph: Graph) -> Iterator[Claim]:
    """Where restic and rclone keep backups."""
    text = json.dumps([graph.object(each) for each in of_kind(graph, "CronJob")], default=str)
    for place in re.findall(r"s3:(https://[^\"\s]+)", text):
        yield "backups", "S3", place


def _made(graph: Graph) -> Iterator[Claim]:
    """Databases and users that Jobs make on the MySQL of all."""
    for resource in of_kind(graph, "Job"):
        for container in graph.object(resource)["spec"]["template"]["spec"]["containers"]:
            env = {each["name"]: str(each.get("value")) for each in container.get("env") or ()}
            if "MYSQL_HOST" in env or "DATABASE" in env:
                server = json.dumps(env.get("HOST", env.get("MYSQL_HOST", "")))
                server = server if "." in server else f"{server} in {graph.outputs['namespace']}"
                yield "made database", server, env["DATABASE"]
                yield "made user", server, env.get("DATABASE_USER", env["DATABASE"])


def _settings(graph: Graph, site: str, file: str) -> dict[str, Any]:
    found = {each.name: each for each in of_kind(graph, "ConfigMap", "Secret")}
    texts = {
        name: graph.object(found[name], reveal_secrets=True)
        for name in (f"{site}-settings", f"{site}-secrets")
    }
    plain = yaml.safe_load(texts[f"{site}-settings"]["data"][file])
    secret = yaml.safe_load(texts[f"{site}-secrets"]["stringData"][file])
    return {**plain, "SECRET": secret}


def _of_settings(graph: Graph, said: Mapping[str, Any]) -> Iterator[Claim]:
    """What LMS and Studio keep on servers, and in browsers."""
    space = graph.outputs["namespace"]
    yield from _in_databases(said, space)
    yield from _in_redis(said, space)
    yield from _in_search_and_files(said, space)
    if "SOCIAL_AUTH_EDX_OAUTH2_KEY" in said:
        yield "OAuth client", said["LMS_ROOT_URL"], said["SOCIAL_AUTH_EDX_OAUTH2_KEY"]
    yield "cookie", said["SESSION_COOKIE_DOMAIN"], said["SESSION_COOKIE_NAME"]
    shared = said["SHARED_COOKIE_DOMAIN"]
    yield "cookie", shared, said["EDXMKTG_USER_INFO_COOKIE_NAME"]
    yield "cookie", shared, said["JWT_AUTH"]["JWT_AUTH_COOKIE_HEADER_PAYLOAD"]
    yield "cookie", shared, said["LANGUAGE_COOKIE_NAME"]


def _at(host: Any, space: str) -> str:
    """A server: a name without a dot is one of the instance's own namespace."""
    text = re.sub(r":[^:@/]*@", "@", json.dumps(host))
    inside = re.search(r"(?:://|@|\")(?:[^@/\"]*@)?([a-z0-9-]+)(?::\d+|/|\")", text)
    return f"{text} in {space}" if inside else text


def _in_databases(said: Mapping[str, Any], space: str) -> Iterator[Claim]:
    for database in said["DATABASES"].values():
        yield "mysql database", _at(database["HOST"], space), database["NAME"]
        yield "mysql user", _at(database["HOST"], space), database["USER"]
    mongodb = said["DOC_STORE_CONFIG"]
    yield "mongodb database", _at(mongodb["host"], space), mongodb["db"]
    yield "mongodb user", _at(mongodb["host"], space), str(mongodb.get("user"))


def _in_redis(said: Mapping[str, Any], space: str) -> Iterator[Claim]:
    for cache in said["CACHES"].values():
        if "redis" in str(cache.get("LOCATION")):
            yield "keys", _at(cache["LOCATION"], space), cache["KEY_PREFIX"]
    broker = _at(said["SECRET"]["BROKER_URL"], space)
    yield "keys", broker, said["CELERY_BROKER_TRANSPORT_OPTIONS"].get("global_keyprefix", "")
    if "EVENT_BUS_TOPIC_PREFIX" in said:
        yield "topics", broker, said["EVENT_BUS_TOPIC_PREFIX"]


_INDEXES = {
    "MEILISEARCH_INDEX_PREFIX": "MEILISEARCH_URL",
    "ELASTIC_SEARCH_INDEX_PREFIX": "ELASTIC_SEARCH_CONFIG",
}
_BUCKETS = ("AWS_STORAGE_BUCKET_NAME", "FILE_UPLOAD_STORAGE_BUCKET_NAME", "COURSE_IMPORT_EXPORT_BUCKET")


def _in_search_and_files(said: Mapping[str, Any], space: str) -> Iterator[Claim]:
    for prefix, server in _INDEXES.items():
        if prefix in said:
            yield "indexes", _at(said.get(server), space), said[prefix]
    if key := said["SECRET"].get("MEILISEARCH_API_KEY"):  # a key has the rights of one instance alone
        yield "API key", _at(said["MEILISEARCH_URL"], space), key
    for name in _BUCKETS:
        if said.get(name) and said.get("AWS_STORAGE_BUCKET_NAME"):  # on volumes these are folders
            yield "bucket", _at(said.get("AWS_S3_ENDPOINT_URL"), space), said[name]
