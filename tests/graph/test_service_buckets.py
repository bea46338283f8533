"""Files of companion services: volumes, buckets of the instance's own server, outside, or on S3."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from shape import find, of_kind, template

import policies
from openedx_infra.config import ConfigError, load
from openedx_infra.config.services import registry
from openedx_infra.config.stack_kinds import required
from openedx_infra.operations.offline.recording import Graph, record
from openedx_infra.services.companion import Values
from openedx_infra.settings.connections import Connections, Endpoint, Search

ON = {"site": {"lms_host": "learn.example.org"}, "services": {"gallery": {}}}
OFF = {**ON, "services": {"gallery": {"enabled": False}}}
BUCKETS = {"public": "a-pub", "private": "a-priv", "grades": "a-gra", "ora": "a-ora", "exports": "a-exp"}
EXTERNAL = {"source": "external", "endpoint": "https://s3.example.net", "buckets": BUCKETS}
DESTINATION = {"endpoint": "https://s3.example.org", "bucket": "campus-backups"}
BACKUPS = {"backups": {"destination": DESTINATION}}
AWS = {
    "aws": {"region": "eu-central-1", "identity": {"source": "pod-identity", "cluster": "campus"}},
    "datastores": {"storage": {"source": "s3"}},
}

MEILISEARCH = Search(engine="meilisearch", endpoint=Endpoint(host="search", port=7700))

Graphs = Callable[..., Graph]


@pytest.fixture
def gallery(monkeypatch: pytest.MonkeyPatch, secrets: dict[str, str]) -> Graphs:
    """Graphs of stacks that may name a service with buckets."""
    monkeypatch.setattr(registry, "BUILT_IN", {"gallery": "sample_services:GALLERY"})

    def graph_of(said: Mapping[str, Any], *more: Mapping[str, Any]) -> Graph:
        stack = load("dev", {key: value for each in (said, *more) for key, value in each.items()})
        values = {each.name: secrets.get(each.name, f"secret-{each.name}") for each in required(stack)}
        graph = record(stack, values)
        assert policies.check(graph, stack, values) == []
        return graph

    return graph_of


def _stored_at(storage: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"datastores": {"storage": storage}}


def _storages(graph: Graph) -> dict[str, Any]:
    secret = graph.object(find(graph, "Secret", "gallery-secrets"), reveal_secrets=True)
    found: dict[str, Any] = json.loads(secret["stringData"]["etc-gallery-storages.json"])
    return found


def _mounted(graph: Graph, kind: str, name: str) -> dict[str, str]:
    """Claims of a pod's volumes by the folders that show them."""
    spec = template(graph, find(graph, kind, name))["spec"]
    claims = {
        volume["name"]: volume["persistentVolumeClaim"]["claimName"]
        for volume in spec["volumes"]
        if "persistentVolumeClaim" in volume
    }
    mounts = spec["containers"][0]["volumeMounts"]
    return {mount["mountPath"]: claims[mount["name"]] for mount in mounts if mount["name"] in claims}


def _env(graph: Graph, kind: str, name: str) -> dict[str, str]:
    spec = template(graph, find(graph, kind, name))["spec"]
    return {each["name"]: each.get("value", "") for each in spec["containers"][0]["env"]}


def test_on_volumes_each_bucket_is_one_of_its_own(gallery: Graphs) -> None:
    graph = gallery(ON)
    for kind, name in (("Deployment", "gallery"), ("Job", "gallery-prepare")):
        pod = template(graph, find(graph, kind, name))
        assert _mounted(graph, kind, name) == {
            "/gallery/media": "gallery-media",
            "/gallery/drafts": "gallery-drafts",
        }
        # Beside the platform's pods, and by their user, so that backups read them and put them back.
        assert pod["spec"]["securityContext"]["runAsUser"] == 1000
        assert pod["metadata"]["labels"]["openedx.org/storage"] == "shared"
    # A server of another image has nothing to do with its files.
    assert _mounted(graph, "StatefulSet", "gallery-index") == {"/index": "gallery-index"}
    claim = graph.object(find(graph, "PersistentVolumeClaim", "gallery-media"))
    assert claim["spec"]["resources"]["requests"] == {"storage": "2Gi"}
    assert _storages(graph)["media"] == {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": "/gallery/media", "base_url": "/media/"},
    }


def test_what_is_off_keeps_its_volumes_and_nothing_else(gallery: Graphs) -> None:
    without = {each.urn for each in gallery({**ON, "services": {}}).resources}
    on, off = gallery(ON), gallery(OFF)
    kept = {each.urn: each for each in off.resources if each.urn not in without}
    names = {urn.rpartition("::")[2] for urn in kept}
    assert names == {"gallery", "gallery-media", "gallery-drafts", "gallery-index"}
    assert {each.kind for each in kept.values()} == {"PersistentVolumeClaim", "openedx:index:Companion"}
    assert kept.keys() <= {each.urn for each in on.resources}, "the same ones: nothing is replaced"


def test_the_instances_own_server_gets_its_buckets(gallery: Graphs) -> None:
    graph = gallery(ON, _stored_at({"source": "in-cluster"}))
    made = {
        name: json.loads(_env(graph, "Job", f"gallery-{name}-storage-provision")["BUCKETS"])
        for name in ("media", "drafts")
    }
    assert made == {"media": {"public": "dev-gallery-media"}, "drafts": {"private": "dev-gallery-drafts"}}
    service = find(graph, "Deployment", "gallery")
    assert any(urn.endswith("::gallery-prepare") for urn in service.depends_on)
    prepare = find(graph, "Job", "gallery-prepare")
    assert {urn.rpartition("::")[2] for urn in prepare.depends_on} >= {
        "gallery-media-storage-provision",
        "gallery-drafts-storage-provision",
    }
    media, drafts = _storages(graph)["media"]["OPTIONS"], _storages(graph)["drafts"]["OPTIONS"]
    assert media["bucket_name"] == "dev-gallery-media" and media["querystring_auth"] is False
    assert media["custom_domain"] == "files.learn.example.org/dev-gallery-media"
    assert media["url_protocol"] == "http:" and media["endpoint_url"] == "http://storage:7070"
    assert drafts["querystring_auth"] is True and "custom_domain" not in drafts
    # Visitors get to the public one and not to the other.
    [route] = [each for each in of_kind(graph, "Ingress") if each.name == "storage"]
    paths = [path["path"] for path in graph.object(route)["spec"]["rules"][0]["http"]["paths"]]
    assert "/dev-gallery-media" in paths and "/dev-gallery-drafts" not in paths
    # Nobody's pods change by it: the storage server is the same as without.
    before = gallery({**ON, "services": {}}, _stored_at({"source": "in-cluster"}))
    assert find(before, "StatefulSet", "storage").props == find(graph, "StatefulSet", "storage").props


def test_outside_it_uses_buckets_that_are_there(gallery: Graphs) -> None:
    named = {**EXTERNAL, "service_buckets": {"gallery-media": "campus-pictures"}}
    graph = gallery(ON, _stored_at(named))
    storages = {name: _storages(graph)[name]["OPTIONS"] for name in ("media", "drafts")}
    assert storages["media"]["bucket_name"] == "campus-pictures"
    assert storages["media"]["custom_domain"] == "s3.example.net/campus-pictures"
    assert storages["drafts"]["bucket_name"] == "dev-gallery-drafts"
    assert storages["drafts"]["access_key"] and storages["drafts"]["secret_key"]
    assert not [each for each in graph.resources if each.name.endswith("storage-provision")]
    virtual = _storages(gallery(ON, _stored_at({**EXTERNAL, "addressing": "virtual"})))["media"]["OPTIONS"]
    assert virtual["custom_domain"] == "dev-gallery-media.s3.example.net"


def test_on_s3_a_role_of_its_own_reaches_its_buckets_alone(gallery: Graphs) -> None:
    graph = gallery(ON, AWS)
    rights = {each.name for each in graph.resources if each.type == "aws:iam/rolePolicy:RolePolicy"}
    assert {"dev-gallery-files", "dev-platform-files"} == rights
    pod = template(graph, find(graph, "Deployment", "gallery"))["spec"]
    assert pod["serviceAccountName"] == "gallery"
    [association] = [
        each for each in graph.resources if "PodIdentityAssociation" in each.type and "gallery" in each.name
    ]
    assert association.props["serviceAccount"] == "gallery"
    media = _storages(graph)["media"]["OPTIONS"]
    assert "access_key" not in media and "custom_domain" not in media
    buckets = {each.name for each in graph.resources if each.type == "aws:s3/bucket:Bucket"}
    assert {"dev-gallery-media", "dev-gallery-drafts"} <= buckets
    off = gallery(OFF, AWS)
    assert {"dev-gallery-media", "dev-gallery-drafts"} <= {each.name for each in off.resources}
    assert not [each for each in off.resources if each.kind == "ServiceAccount" and each.name == "gallery"]


@pytest.mark.parametrize("services", [ON, OFF], ids=["on", "off"])
def test_backups_hold_its_files(gallery: Graphs, services: Mapping[str, Any]) -> None:
    on_volumes = gallery(services, BACKUPS)
    env = _env(on_volumes, "CronJob", "backup-restore")
    assert env["KINDS"].split() == ["media", "private", "gallery-media"]
    assert env["SERVICE_KINDS"] == "gallery-media"
    assert _mounted(on_volumes, "CronJob", "backup-restore")["/backup/files/gallery-media"] == "gallery-media"


def test_backups_copy_its_buckets(gallery: Graphs) -> None:
    graph = gallery(ON, BACKUPS, _stored_at({"source": "in-cluster"}))
    spec = template(graph, find(graph, "CronJob", "backup"))["spec"]
    [copies] = [each for each in spec["initContainers"] if each["name"] == "rclone-out"]
    buckets = {each["name"]: each.get("value") for each in copies["env"]}["BUCKETS"].split()
    assert "gallery-media=dev-gallery-media" in buckets
    assert not [each for each in buckets if "drafts" in each], "what can be made again is left out"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            {"gallery-medium": "campus-pictures"},
            "openedx:datastores.storage.service_buckets.gallery-medium: no service of this stack has such a "
            "bucket; they have gallery-drafts, gallery-media",
        ),
        (
            {"gallery-media": "a-pub"},
            "openedx:datastores.storage.service_buckets.gallery-media: a-pub is "
            "openedx:datastores.storage.buckets.public, too",
        ),
    ],
)
def test_names_of_buckets_are_checked(gallery: Graphs, given: Mapping[str, str], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        gallery(ON, _stored_at({**EXTERNAL, "service_buckets": given}))
    assert [each for each in caught.value.problems if each.startswith(line)], caught.value.problems


def test_names_of_its_search_indexes_are_its_own(gallery: Graphs) -> None:
    assert _storages(gallery(ON))["indexes"] == "dev_gallery_"
    stack = load("Campus-A", {**ON, "cluster": {"namespace": "campus-a"}})
    values = {each.name: f"secret-{each.name}" for each in required(stack)}
    connections = Connections(**{**dict.fromkeys(Connections.__dataclass_fields__), "search": MEILISEARCH})
    given = Values(stack=stack, service="my-gallery", connections=connections, secrets=values)
    # Meilisearch's key knows the instance's prefix by its case.
    assert given.own_index_prefix == "Campus-A_my_gallery_"
    assert given.own_index_prefix.startswith(given.index_prefix)
    elastic = replace(connections, search=replace(MEILISEARCH, engine="elasticsearch"))
    assert replace(given, connections=elastic).own_index_prefix == "campus-a_my_gallery_"
