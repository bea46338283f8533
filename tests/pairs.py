"""Every source of every datastore, each once, and combinations of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import Any

CERTIFICATE = "tests/data/certificates/ca.pem"
"""A file of certificates."""
SWITCHES: dict[str, dict[str, dict[str, Any]]] = {
    "mysql": {
        "in-cluster": {},
        "operator": {},
        "external": {"host": "mysql.example.org", "provisioned": False, "tls": {"ca": CERTIFICATE}},
        "rds": {"ca": CERTIFICATE, "replicas": 1},
        "aurora": {"ca": CERTIFICATE},
        "shared": {"ca": CERTIFICATE},
    },
    "mongodb": {
        "in-cluster": {},
        "operator": {},
        "external": {"srv": "campus.abcde.mongodb.net", "auth_database": "admin"},
        "documentdb": {"ca": CERTIFICATE, "experimental": True},
        "shared": {"ca": CERTIFICATE, "experimental": True},
    },
    "broker": {
        "in-cluster": {},
        "operator": {},
        "external": {"host": "broker.example.org", "username": "campus", "tls": {}},
        "elasticache": {},
        "shared": {"database": 3},
    },
    "cache": {
        "in-cluster": {},
        "operator": {},
        "external": {"sentinels": [{"host": "sentinel.example.org"}], "master": "campus"},
        "elasticache": {},
        "shared": {"database": 3},
    },
    "search": {
        "in-cluster": {},
        "external": {"engine": "typesense", "url": "https://search.example.org"},
        "opensearch": {},
        "shared": {},
    },
    "storage": {
        "volumes": {},
        "in-cluster": {},
        "external": {
            "endpoint": "https://s3.example.org",
            "buckets": {name: f"campus-{name}" for name in ("public", "private", "grades", "ora", "exports")},
        },
        "s3": {},
    },
    "mail": {"relay": {}, "smtp": {"host": "smtp.example.org", "username": "campus"}, "ses": {}},
}
"""What is said beside `source`, by switch and source."""
AROUND: dict[str, Any] = {
    # Discussions of several instances on one shared search server would be mixed up.
    "features": {"flags": {"ENABLE_DISCUSSION_SERVICE": False}},
    "site": {"lms_host": "learn.example.org", "tls": {"source": "upstream"}},
    "foundation": "organization/openedx/foundation",
    "aws": {"region": "eu-west-1"},
}
"""What else a stack says: the foundation has network and identity."""

Choice = Mapping[str, str]
"""A source for each switch."""


def said_with(choice: Choice) -> dict[str, Any]:
    """A stack file with these sources; switches that are left out say nothing."""
    said = {switch: {"source": source, **SWITCHES[switch][source]} for switch, source in choice.items()}
    mail = {"mail": {"delivery": said.pop("mail")}} if "mail" in said else {}
    return {**AROUND, **mail, "datastores": said}


def all_pairs() -> Iterator[dict[str, str]]:
    """Every source of every datastore with every source of every other one, two switches at a time."""
    for first, second in combinations(SWITCHES, 2):
        for one, other in product(SWITCHES[first], SWITCHES[second]):
            yield {first: one, second: other}


def covering() -> list[dict[str, str]]:
    """A few choices of all switches in which every one of `all_pairs` occurs.

    Each choice begins with a pair that is still to come, and takes of the other switches, one after the
    other, the source that makes the most new pairs: no least number of choices, but near it.
    """
    pairs = list(all_pairs())
    todo = {frozenset(pair.items()) for pair in pairs}
    found = []
    for pair in pairs:
        if frozenset(pair.items()) not in todo:
            continue
        choice = dict(pair)
        for switch in SWITCHES:
            if switch not in choice:
                choice[switch] = max(
                    SWITCHES[switch], key=lambda source: len(_new(choice, switch, source, todo))
                )
        todo -= {frozenset(pair) for pair in combinations(choice.items(), 2)}
        found.append({switch: choice[switch] for switch in SWITCHES})
    return found


def sample(choices: list[dict[str, str]]) -> list[dict[str, str]]:
    """Some of these choices, in which every source occurs."""
    todo = {source for choice in choices for source in choice.items()}
    found = []
    while todo:
        best = max(choices, key=lambda choice: len(todo & choice.items()))
        todo -= best.items()
        found.append(best)
    return found


def _new(
    choice: Choice, switch: str, source: str, todo: set[frozenset[tuple[str, str]]]
) -> set[frozenset[tuple[str, str]]]:
    return {frozenset({item, (switch, source)}) for item in choice.items()} & todo
