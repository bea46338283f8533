"""Settings and secrets travel as files.

By objects that never change, secrets apart, and only to who reads them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from shape import Record, containers, find, label, of_kind, templates

from openedx_infra.operations.offline.recording import REDACTED, Graph

LEAST = {"site": {"lms_host": "learn.example.org"}}
MUTABLE = {
    "lms-job-settings",
    "lms-job-secrets",
    "studio-job-settings",
    "studio-job-secrets",
    "duty-secrets",
    *("retirement-script", "retirement-config"),
    *("registries", "drill-registries"),
}
"""What Jobs, duties and nodes read when they start: changed in place, so that a change runs no migration, and
a registry's new password no pod."""

READ_BY_TRAEFIK = "secret-headers"
"""The Middleware with the headers that are secrets: Traefik reads headers from its own objects only
(docs/adr/0041-references-to-secrets.md); what is in it is tested in test_own_secrets_graph.py."""


def test_files_are_immutable_and_named_by_pulumi(graph: Graph) -> None:
    for resource in of_kind(graph, "ConfigMap", "Secret"):
        if resource.name.startswith("manifest-"):
            continue  # of openedx:extras.manifests: as the operator wrote it
        fixed = "name" in resource.props["metadata"]
        immutable = resource.props.get("immutable", False)
        assert (fixed, immutable) == ((True, False) if resource.name in MUTABLE else (False, True)), label(
            resource
        )


def test_jobs_are_named_by_pulumi(graph: Graph) -> None:
    """A Job of a fixed name would be deleted before its successor ran."""
    assert [label(r) for r in of_kind(graph, "Job") if "name" in r.props["metadata"]] == []


def test_mutable_files_are_read_by_jobs_alone(graph: Graph) -> None:
    readers = {label(resource) for resource, template in templates(graph) if _mounted(template) & MUTABLE}
    jobs = ("lms-migrate", "studio-migrate", "lms-setup", "studio-setup")
    duties = {label(resource) for resource in of_kind(graph, "CronJob") if resource.name.startswith("duty-")}
    assert readers == {f"Job {name}" for name in jobs} | duties | {"CronJob migration-check"}


def _mounted(template: Mapping[str, Any]) -> set[str]:
    return {
        part["name"]
        for volume in template["spec"]["volumes"]
        for source in volume.get("projected", {}).get("sources", [])
        for part in source.values()
    }


def test_secrets_are_in_secrets_alone(graph: Graph, secrets: dict[str, str]) -> None:
    """No value, nor a line of one, is in any other object, in the environment of a container, or in an
    output."""
    values = {line for value in secrets.values() for line in value.splitlines() if len(line) > 8}
    objects = graph.objects(reveal_secrets=True)
    shown = [o for o in objects if o["kind"] != "Secret" and o["metadata"].get("name") != READ_BY_TRAEFIK]
    for text in map(json.dumps, [*shown, graph.outputs]):
        assert not any(value in text for value in values)


def test_every_secret_is_marked(graph: Graph) -> None:
    """What is marked is encrypted in the state, and shown by no preview."""
    for resource in of_kind(graph, "Secret"):
        data = graph.object(resource)["stringData"]
        assert data, label(resource)
        assert set(data.values()) == {REDACTED}, label(resource)


def test_no_environment_refers_to_a_secret(graph: Graph) -> None:
    for resource, container in containers(graph):
        assert "envFrom" not in container, label(resource)
        assert all(set(variable) <= {"name", "value"} for variable in container.get("env", [])), label(
            resource
        )


def test_the_signing_key_goes_to_the_lms_alone(graph: Graph) -> None:
    holders = {
        resource.name
        for resource in of_kind(graph, "Secret")
        if "JWT_PRIVATE_SIGNING_JWK" in json.dumps(graph.object(resource, reveal_secrets=True))
    }
    assert holders == {"lms-secrets", "lms-job-secrets"}
    for resource, template in templates(graph):
        pod = template["spec"]
        shown = {v["name"]: _mounted({"spec": {"volumes": [v]}}) for v in pod["volumes"]}
        keys = {v for v, names in shown.items() if holders & {n.removesuffix("-00000000") for n in names}}
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            if keys & {mount["name"] for mount in container.get("volumeMounts", [])}:
                assert {"name": "SERVICE_VARIANT", "value": "lms"} in container["env"], label(resource)


def test_settings_are_where_the_platform_looks(graph: Graph) -> None:
    for name, variant in (("lms", "lms"), ("studio", "cms")):
        template = graph.object(find(graph, "Deployment", name))["spec"]["template"]
        [container] = template["spec"]["containers"]
        env = {variable["name"]: variable["value"] for variable in container["env"]}
        paths = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert env["SERVICE_VARIANT"] == variant
        assert env["DJANGO_SETTINGS_MODULE"] == f"{variant}.envs.openedx_infra"
        assert f"/openedx/edx-platform/{variant}/envs/openedx_infra" in paths
        settings = graph.object(find(graph, "ConfigMap", f"{name}-settings"))["data"]
        config_file = env[f"{variant.upper()}_CFG"]
        assert config_file.rpartition("/")[0] in paths
        assert yaml.safe_load(settings[config_file.rpartition("/")[2]])["LMS_BASE"] == "learn.example.org"
        assert "__init__.py" in settings


CHANGES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a setting of the LMS": (
        {"settings": {"lms": {"ACTIVATION_EMAIL_SUPPORT_LINK": "https://example.org"}}},
        {"ConfigMap lms-settings", "ConfigMap lms-job-settings"},
    ),
    "a setting of Studio": (
        {"settings": {"studio": {"MAX_ASSET_UPLOAD_FILE_SIZE_IN_MB": 20}}},
        {"ConfigMap studio-settings", "ConfigMap studio-job-settings"},
    ),
    "processes of the LMS": (
        {"sizing": {"lms": {"processes": 3}}},
        {"ConfigMap lms-uwsgi"},
    ),
    "memory of the cache": (
        {"sizing": {"cache": {"memory_limit": "1Gi"}}},
        {"ConfigMap cache-config", "StatefulSet cache"},
    ),
    "a waffle switch": (
        {"features": {"waffle_switches": {"some.switch": True}}},
        {"ConfigMap lms-setup-parameters"},
    ),
}


@pytest.mark.parametrize(("change", "touched"), CHANGES.values(), ids=list(CHANGES))
def test_a_change_touches_only_who_reads_it(
    recorded: Record, change: dict[str, Any], touched: set[str]
) -> None:
    """Whoever mounts a replaced ConfigMap is rolled by its new name; the recording gives it the same one."""
    assert _changed(recorded(), recorded({**LEAST, **change})) == touched


def test_another_image_touches_all_that_runs_it(recorded: Record) -> None:
    changed = _changed(
        recorded(), recorded({**LEAST, "images": {"openedx": "docker.io/overhangio/openedx:22.0.4"}})
    )
    jobs = {"search-provision", "lms-migrate", "studio-migrate", "lms-setup", "studio-setup"}
    pods = {
        "static",
        "lms",
        "studio",
        "lms-beat",
        "lms-worker-default",
        "lms-worker-high-mem",
        "studio-worker-default",
    }
    # What runs by the clock, or by hand, is changed in place, and has none of it running.
    running = {name for name in changed if not name.startswith("CronJob ")}
    assert running == {f"Job {name}" for name in jobs} | {f"Deployment {name}" for name in pods}
    assert "CronJob migration-check" in changed


def _changed(before: Graph, after: Graph) -> set[str]:
    def seen(graph: Graph) -> dict[str, str]:
        return {
            label(r): json.dumps(graph.object(r, reveal_secrets=True), sort_keys=True)
            for r in graph.resources
            if r.is_object
        }

    old, new = seen(before), seen(after)
    assert set(old) == set(new)
    return {name for name in old if old[name] != new[name]}
