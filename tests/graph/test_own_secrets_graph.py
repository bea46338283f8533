"""Do secrets of the operator's go to the Secrets of those who read them, and nowhere else?"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from samples import LEAST
from shape import Record, find, of_kind

import policies
from openedx_infra.config import Stack, load
from openedx_infra.operations.offline.recording import Graph, record
from policies.secrecy import MARK

IMAGE = "docker-build:index:Image"
OWN = {name: f"sentinel-{name}-of-mine\nsecond line" for name in ("saml", "lti", "crm", "pip", "dns")} | {
    "edge": "sentinel-edge-of-mine"
}
SAID = {
    **LEAST,
    "site": {
        **LEAST["site"],
        "tls": {
            "source": "cert-manager",
            "issuer": {
                "source": "dns-01",
                "email": "office@example.org",
                "provider": {
                    "source": "webhook",
                    "group": "acme.example.org",
                    "solver": "campus",
                    "config": {"zone": "example.org", "logins": [{"tokenSecretRef": {"secret": "dns"}}]},
                },
            },
        },
    },
    "settings": {
        "lms": {"SOCIAL_AUTH_SAML_SP_PRIVATE_KEY": {"secret": "saml"}},
        "common": {"LTI_TOOLS": [{"key": "campus", "secret": {"secret": "lti"}}]},
    },
    "ingress": {"headers": {"X-Edge": {"secret": "edge"}}},
    "duties": {
        "extra": {
            "crm": {"command": ["./crm.sh"], "schedule": "H 1 * * *", "secrets": ["api", {"secret": "crm"}]}
        }
    },
    "images": {
        "openedx": {
            "source": "build",
            "repository": "registry.example.org/openedx",
            "secrets": ["netrc", {"secret": "pip"}],
        }
    },
}


@pytest.fixture(scope="module")
def values(needed: Callable[[Stack], Mapping[str, str]]) -> dict[str, str]:
    return {**needed(load("dev", SAID)), **OWN}


@pytest.fixture(scope="module")
def graph(values: dict[str, str]) -> Graph:
    return record(load("dev", SAID), values)


def data(graph: Graph, name: str) -> dict[str, str]:
    found: dict[str, str] = graph.object(find(graph, "Secret", name), reveal_secrets=True)["stringData"]
    return found


def holders(graph: Graph, value: str) -> Iterator[tuple[str, str]]:
    """Kind and name of everything that holds a value, in whatever form, though it is marked as secret."""
    first = value.splitlines()[0]
    forms = (first, base64.b64encode(first.encode()).decode()[:20])
    for resource in graph.resources:
        if any(form in json.dumps(resource.props, default=str) for form in forms):
            yield resource.kind, resource.name


@pytest.mark.parametrize(
    ("secret", "where"),
    [
        ("saml", {("Secret", "lms-secrets"), ("Secret", "lms-job-secrets")}),
        (
            "lti",
            {
                ("Secret", f"{site}-{part}")
                for site in ("lms", "studio")
                for part in ("secrets", "job-secrets")
            },
        ),
        ("crm", {("Secret", "duty-secrets")}),
        ("dns", {("Secret", "acme-webhook")}),
        ("edge", {("Middleware", "secret-headers")}),
        ("pip", {(IMAGE, "openedx")}),
    ],
)
def test_only_who_reads_a_secret_holds_it(graph: Graph, secret: str, where: set[tuple[str, str]]) -> None:
    assert set(holders(graph, OWN[secret])) == where


def test_nothing_holds_one_in_plain(graph: Graph) -> None:
    """As Pulumi's state has it: what is marked as secret is encrypted there."""
    shown = json.dumps([graph.objects(), dict(graph.outputs)], default=str)
    assert "sentinel-" not in shown
    [image] = of_kind(graph, IMAGE)
    assert MARK in image.props["secrets"]
    rest = {key: value for key, value in image.props.items() if key != "secrets"}
    assert "sentinel-" not in json.dumps(rest)


def test_config_maps_keep_the_references(graph: Graph) -> None:
    lms = graph.object(find(graph, "ConfigMap", "lms-settings"))["data"]["lms.yml"]
    assert "SOCIAL_AUTH_SAML_SP_PRIVATE_KEY:\n  secret: saml\n" in lms
    studio = graph.object(find(graph, "ConfigMap", "studio-settings"))["data"]["cms.yml"]
    assert "secret: lti" in studio and "saml" not in studio.replace("samlidp", "")


def test_files_of_duties_and_of_webhooks_have_the_whole_value(graph: Graph) -> None:
    assert data(graph, "duty-secrets") == {"api": "known-to-the-operator", "crm": OWN["crm"]}
    assert data(graph, "acme-webhook") == {"dns": OWN["dns"]}
    spec = graph.object(find(graph, "Issuer", "site"))["spec"]
    webhook = spec["acme"]["solvers"][0]["dns01"]["webhook"]["config"]
    name = graph.object(find(graph, "Secret", "acme-webhook"))["metadata"]["name"]
    assert webhook == {"zone": "example.org", "logins": [{"tokenSecretRef": {"name": name, "key": "dns"}}]}
    cron = graph.object(find(graph, "CronJob", "duty-crm"))["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    [volume] = [each for each in cron["volumes"] if each["name"] == "duty"]
    assert [item["path"] for item in volume["projected"]["sources"][0]["secret"]["items"]] == ["api", "crm"]


def test_builds_get_secrets_as_buildkit_s_own_and_in_no_argument(graph: Graph) -> None:
    [image] = of_kind(graph, IMAGE)
    assert image.props["secrets"]["value"] == {"netrc": "known-to-the-operator", "pip": OWN["pip"]}
    assert "sentinel-" not in json.dumps(image.props["buildArgs"])
    assert "pip" in image.props["ignoreSecretsInDiffCalculation"]


def test_a_new_value_changes_the_objects_of_its_readers_alone(graph: Graph, values: dict[str, str]) -> None:
    other = record(load("dev", SAID), {**values, "saml": "sentinel-new"})
    before = {resource.urn: resource.props for resource in graph.resources}
    changed = {resource.name for resource in other.resources if before[resource.urn] != resource.props}
    assert changed == {"lms-secrets", "lms-job-secrets"}


def test_rules_let_headers_have_one_and_nothing_else(graph: Graph, values: dict[str, str]) -> None:
    stack = load("dev", SAID)
    assert [str(complaint) for complaint in policies.check(graph, stack, values)] == []


@pytest.mark.parametrize("kind", ["gateway", "ingress"])
def test_both_ways_in_send_the_header(kind: str, recorded: Record) -> None:
    said: dict[str, Any] = {**LEAST, "ingress": {"kind": kind, "headers": {"X-Edge": {"secret": "edge"}}}}
    said["cluster"] = {"ingress_controller": "traefik"}
    graph = recorded(said)
    objects = [each for each in graph.objects(reveal_secrets=True) if each["kind"] != "Secret"]
    assert [each["kind"] for each in objects if "known-to-the-operator" in json.dumps(each)]
    assert "known-to-the-operator" not in json.dumps(graph.objects(), default=str)
