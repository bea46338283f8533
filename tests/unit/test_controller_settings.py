"""What only the controller's own configuration holds is told by `check`, and stands in docs/network.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openedx_infra.config import Stack, load
from openedx_infra.config.controller_settings import CHECKLIST, notes
from openedx_infra.operations.offline import cautions
from openedx_infra.operations.offline.check import recorded
from openedx_infra.operations.secrets.secrets import stand_ins

SITE = {"lms_host": "learn.example.org", "tls": {"source": "upstream"}}
GATEWAY = {"source": "shared", "name": "public", "namespace": "gateways"}


def _stack(**sections: Any) -> Stack:
    stack = load("campus", {"site": SITE, **sections})
    assert isinstance(stack, Stack)
    return stack


@pytest.mark.parametrize(
    ("said", "settings"),
    [
        ({}, ["respondingTimeouts.readTimeout"]),
        ({"ingress": {"bodies": {"studio": "50Mi"}}}, []),
        ({"cluster": {"k3s_traefik": {}}}, []),
        ({"cluster": {"ingress_controller": "nginx"}}, ["client-body-timeout"]),
        (
            {"ingress": {"proxies_in_front": 1, "kind": "gateway", "gateway": GATEWAY}},
            [
                "respondingTimeouts.readTimeout",
                "forwardedHeaders.trustedIPs",
                "providers.kubernetesGateway",
                "allowedRoutes",
            ],
        ),
    ],
)
def test_what_a_stack_depends_on_is_told(said: dict[str, Any], settings: list[str]) -> None:
    stack = _stack(**said)
    lines = list(notes(stack))
    assert [line.partition("see to `")[2].partition("`")[0] for line in lines] == settings
    assert set(lines) <= set(cautions.lines(stack))


def test_the_page_has_each_of_them() -> None:
    page = Path("docs/network.md").read_text(encoding="utf-8")
    assert len(CHECKLIST) > 3
    for each in CHECKLIST:
        assert f"`{each.setting}`" in page, each.setting


def test_the_traefik_of_k3s_is_configured_only_where_it_is_allowed() -> None:
    def written(**cluster: Any) -> list[dict[str, Any]]:
        stack = _stack(cluster=cluster)
        objects = recorded(stack, stand_ins(stack)).objects()
        return [dict(each) for each in objects if each["kind"] == "HelmChartConfig"]

    assert written() == []
    [config] = written(k3s_traefik={"request_seconds": 600, "trusted_proxies": ["192.0.2.7/32"]})
    assert (config["metadata"]["name"], config["metadata"]["namespace"]) == ("traefik", "kube-system")
    assert config["metadata"]["labels"]["app.kubernetes.io/instance"] == "campus"
    values = json.loads(config["spec"]["valuesContent"])
    for name in ("web", "websecure"):
        point = values["ports"][name]
        assert point["transport"]["respondingTimeouts"]["readTimeout"] == "600s"
        assert point["forwardedHeaders"]["trustedIPs"] == ["192.0.2.7/32"]
    assert values["service"]["spec"]["externalTrafficPolicy"] == "Local"
