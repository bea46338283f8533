"""Authorities of one's own are trusted by all pods that connect to what is outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import settings_case
from samples import AUTHORITY, LEAST
from shape import templates

from openedx_infra import settings
from openedx_infra.config import load
from openedx_infra.config.rules.certificates import problems
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.settings.connections import Endpoint, Search, Tls
from openedx_infra.settings.paths import CERTIFICATES_DIR

NAME = "authorities-0-ca.pem"
FILE = f"{CERTIFICATES_DIR}/{NAME}"
SAID: dict[str, Any] = {
    **LEAST,
    "site": {"lms_host": "learn.example.org", "tls": {"source": "upstream"}},
    "network": {"authorities": [AUTHORITY]},
    "mail": {"delivery": {"source": "smtp", "host": "mail.campus.example.org"}},
    "backups": {"destination": {"endpoint": "https://s3.campus.example.org", "bucket": "campus-backups"}},
    "monitoring": {
        "tracking": {"bucket": "campus-events", "server": {"endpoint": "https://s3.campus.example.org"}}
    },
}


def shown(spec: dict[str, Any], container: dict[str, Any]) -> list[str]:
    """Files in the folder of certificates of a container."""
    volumes = [each["name"] for each in container["volumeMounts"] if each["mountPath"] == CERTIFICATES_DIR]
    return [
        item["path"]
        for volume in spec["volumes"]
        if volume["name"] in volumes
        for source in (volume.get("projected", {}).get("sources") or [volume])
        for item in source["configMap"]["items"]
    ]


def test_who_connects_to_what_is_outside_has_them(recorded: Callable[..., Graph]) -> None:
    graph = recorded(SAID)
    seen: set[str] = set()
    for record, template in templates(graph):
        spec = template["spec"]
        for container in (*spec.get("initContainers", ()), *spec["containers"]):
            program = container["image"].rpartition("/")[2].partition(":")[0]
            name = f"{record.name}: {container['name']}"
            if runs_platform(container):
                assert NAME in shown(spec, container), name
                seen.add("platform")
            if program in ("restic", "rclone"):
                assert shown(spec, container) == [NAME], name
                env = {one["name"]: one.get("value") for one in container["env"]}
                assert env["SSL_CERT_DIR"] == CERTIFICATES_DIR, name
                seen.add(program)
    assert seen == {"platform", "restic", "rclone"}


def runs_platform(container: dict[str, Any]) -> bool:
    """Whether it loads the platform's settings, or looks at servers for the platform."""
    names = {each["name"] for each in container.get("env", ())}
    return "DJANGO_SETTINGS_MODULE" in names or container["name"] == "preflight"


def test_the_preflight_and_the_platform_are_told(recorded: Callable[..., Graph]) -> None:
    graph = recorded(SAID)
    [told] = [
        json.loads(text)
        for record in graph.resources
        if record.kind == "ConfigMap"
        for name, text in (graph.object(record).get("data") or {}).items()
        if name == "preflight.json"
    ]
    assert told["authorities"] == [FILE]
    assert told["stores"]["mail"]["greeting"] == "learn.example.org"


def test_those_of_the_search_server_stay_beside_them() -> None:
    stack = load("dev", SAID)
    search = Search(engine="typesense", endpoint=Endpoint(host="s", port=1), tls=Tls(ca="/x/search.pem"))
    connections = replace(settings_case.IN_CLUSTER, search=search)
    for site in (settings.lms, settings.studio):
        assert site(stack, connections)["OPENEDX_INFRA_AUTHORITIES"] == [FILE, "/x/search.pem"]


def test_a_file_that_is_not_there_is_a_fault_of_its_key() -> None:
    stack = load("dev", {**SAID, "network": {"authorities": ["certificates/nobody.pem"]}})
    [fault] = problems(stack)
    assert fault.startswith("openedx:network.authorities[0]: there is no file certificates/nobody.pem")
