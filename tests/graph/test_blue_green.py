"""Two versions share what they must share and nothing else: names, queues, data, hosts."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from samples import LEAST
from shape import Record, find, names_before, of_kind

from openedx_infra.operations.offline.recording import Graph, Registered

GREEN = {
    "release": "ulmo",
    "openedx": "registry.example.org/openedx:green",
    "mfe": "registry.example.org/mfe:green",
}
SAID = {**LEAST, "migrations": {"beside": ["ulmo"]}}


@pytest.fixture(scope="module")
def both(recorded: Record) -> Graph:
    """Blue serves; green is beside it."""
    return recorded({**SAID, "blue_green": {"green": GREEN}})


@pytest.fixture(scope="module")
def switched(recorded: Record) -> Graph:
    return recorded({**SAID, "blue_green": {"live": "green", "green": GREEN}})


def _services(graph: Graph, ingress: str) -> set[str]:
    rules = graph.object(find(graph, "Ingress", ingress))["spec"]["rules"]
    return {path["backend"]["service"]["name"] for rule in rules for path in rule["http"]["paths"]}


def _host(graph: Graph, ingress: str) -> str:
    [rule] = graph.object(find(graph, "Ingress", ingress))["spec"]["rules"]
    return str(rule["host"])


def _settings(graph: Graph, name: str, file: str) -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load(graph.object(find(graph, "ConfigMap", name))["data"][file])
    return said


def _differing(one: Graph, other: Graph) -> set[str]:
    def shown(graph: Graph) -> dict[str, Any]:
        return {f"{each.kind} {each.name}": graph.object(each) for each in graph.resources if each.is_object}

    before, after = shown(one), shown(other)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_one_version_is_as_if_there_were_never_two(recorded: Record, both: Graph) -> None:
    alone = recorded(SAID)
    added = {each.urn for each in both.resources} - {each.urn for each in alone.resources}
    assert {each.urn for each in alone.resources} <= {each.urn for each in both.resources}
    assert added and all("green" in urn or "blue" in urn for urn in added)


def test_green_runs_its_own_image_with_its_own_settings(both: Graph) -> None:
    pods = [each for each in of_kind(both, "Deployment", "Job") if each.name.endswith("-green")]
    pods += [each for each in of_kind(both, "Deployment") if "-green-" in each.name]
    assert {
        "lms-green",
        "studio-green",
        "lms-green-worker-default",
        "lms-green-beat",
        "lms-migrate-green",
    } <= {each.name for each in pods}
    for each in pods:
        [container] = both.object(each)["spec"]["template"]["spec"]["containers"]
        assert container["image"] in (GREEN["openedx"], GREEN["mfe"]), each.name


def test_green_comes_after_its_own_migrations_which_come_after_blues(both: Graph) -> None:
    before = names_before(both, find(both, "Deployment", "lms-green"))
    assert {"Job lms-migrate-green", "Job studio-setup-green", "Job studio-setup"} <= before
    assert "Job lms-migrate-green" not in names_before(both, find(both, "Deployment", "lms"))


def test_each_has_queues_of_its_own_on_the_same_broker(both: Graph) -> None:
    blue, green = (_settings(both, f"lms{end}-settings", "lms.yml") for end in ("", "-green"))
    said = [each["CELERY_BROKER_TRANSPORT_OPTIONS"].get("global_keyprefix") for each in (blue, green)]
    assert said == [None, "green:"]
    assert [each["DATABASES"] for each in (blue, green)] == [blue["DATABASES"]] * 2


def test_each_talks_to_its_own(both: Graph) -> None:
    studio = _settings(both, "studio-green-settings", "cms.yml")
    assert studio["LMS_INTERNAL_ROOT_URL"] == "http://lms-green:8000"
    assert {"studio-green", "green.studio.learn.example.org"} <= set(studio["ALLOWED_HOSTS"])
    caddy = both.object(find(both, "ConfigMap", "mfe-green-config"))["data"]["Caddyfile"]
    assert "reverse_proxy lms-green:8000" in caddy


def test_doors_lead_to_the_one_that_serves_and_previews_to_each(both: Graph, switched: Graph) -> None:
    for name in ("lms", "studio", "mfe"):
        assert _services(both, name) - {"static"} == {name}
        assert _services(switched, name) - {"static"} == {f"{name}-green"}
        for colour, end in (("blue", ""), ("green", "-green")):
            preview = f"{name}-{colour}"
            assert _services(both, preview) - {"static"} == {f"{name}{end}"}
            assert _host(both, preview) == f"{colour}.{_host(both, name)}"


def _framed_by(graph: Graph, name: str) -> str:
    headers = graph.object(find(graph, "Middleware", f"{name}-headers"))["spec"]["headers"]
    return str(headers["customResponseHeaders"]["Content-Security-Policy"])


def test_previews_stand_in_the_same_frames_and_in_those_of_their_version(recorded: Record) -> None:
    origins = ["'self'", "https://apps.learn.example.org", "https://portal.example.org"]
    said = {**SAID, "blue_green": {"green": GREEN}, "ingress": {"framed_by": {"lms": origins}}}
    graph = recorded(said)
    everywhere = f"frame-ancestors {' '.join(origins)}"
    assert _framed_by(graph, "lms") == everywhere
    for colour in ("blue", "green"):
        preview = f"lms-{colour}"
        assert _framed_by(graph, preview) == f"{everywhere} https://{colour}.apps.learn.example.org"
        annotations = graph.object(find(graph, "Ingress", preview))["metadata"]["annotations"]
        chain = annotations["traefik.ingress.kubernetes.io/router.middlewares"]
        assert f"-{preview}-headers@" in chain
        assert find_none(graph, f"studio-{colour}-headers")


def find_none(graph: Graph, name: str) -> bool:
    """Whether no Middleware has this name."""
    return name not in {each.name for each in of_kind(graph, "Middleware")}


def test_doors_wait_for_what_they_lead_to(switched: Graph) -> None:
    before = names_before(switched, find(switched, "Ingress", "lms"))
    assert {"Deployment lms-green", "Deployment studio-green", "Deployment mfe-green"} <= before


def test_a_switch_touches_doors_clocks_and_duties_alone(both: Graph, switched: Graph) -> None:
    touched = _differing(both, switched)
    others = {name for name in touched if name.split()[0] not in ("Ingress", "CronJob")}
    assert others == {"Deployment lms-beat", "Deployment lms-green-beat"}
    assert {name for name in touched if name.startswith("Ingress")} >= {"Ingress lms", "Ingress studio"}


def test_one_clock_goes(both: Graph, switched: Graph) -> None:
    def beats(graph: Graph) -> list[int]:
        found: list[Registered] = [find(graph, "Deployment", name) for name in ("lms-beat", "lms-green-beat")]
        return [graph.object(each)["spec"]["replicas"] for each in found]

    assert (beats(both), beats(switched)) == ([1, 0], [0, 1])


def test_static_files_of_both_are_served(both: Graph) -> None:
    pod = both.object(find(both, "Deployment", "static"))["spec"]["template"]["spec"]
    assert GREEN["openedx"] in {each["image"] for each in pod["initContainers"]}
