"""Laws of all instances hold with each companion service of this program, and with all of them together."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import test_data
import test_files
import test_identity
import test_order
import test_pods
from service_cases import TOGETHER, Case, case
from services_on import SERVICES
from shape import find, label, names_before, of_kind, template

import policies
from openedx_infra.operations.offline.recording import Graph, record
from openedx_infra.services.companion import SCRIPTS

LAWS: tuple[Callable[[Graph], None], ...] = (
    test_pods.test_no_pod_may_more_than_restricted_allows,
    test_pods.test_every_container_is_limited,
    test_pods.test_scratch_folders_fit_into_the_disk_limit,
    test_pods.test_no_selector_takes_a_pod_of_a_job,
    test_pods.test_every_selector_takes_the_pods_of_one_workload,
    test_pods.test_services_point_to_ports_that_are_open,
    test_pods.test_what_has_no_data_and_may_run_twice_leaves_a_lost_node_soon,
    test_files.test_every_secret_is_marked,
    test_files.test_no_environment_refers_to_a_secret,
    test_files.test_jobs_are_named_by_pulumi,
    test_identity.test_every_identity_is_unique,
    test_identity.test_kind_and_name_mean_one_object,
    test_identity.test_every_object_has_a_component_as_parent,
    test_identity.test_every_object_goes_through_the_one_provider,
    test_identity.test_every_object_of_an_instance_is_in_its_namespace,
    test_data.test_data_is_protected_and_kept,
    test_data.test_nothing_else_resists,
    test_data.test_no_volume_belongs_to_a_workload,
    test_order.test_every_pod_of_the_platform_comes_after_all_migrations,
    test_order.test_a_pod_waits_for_all_that_it_mounts,
    test_order.test_nothing_is_created_before_its_namespace,
)
"""Laws of instances without services, which ask nothing of a graph but that it is one of an instance."""


@pytest.fixture(params=[*SERVICES, *TOGETHER])
def on(request: pytest.FixtureRequest) -> Case:
    return case(request.param)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__.removeprefix("test_"))
def test_laws_of_instances_hold(on: Case, law: Callable[[Graph], None]) -> None:
    law(on.graph)


def test_no_rule_is_broken(on: Case) -> None:
    assert [str(each) for each in policies.check(on.graph, on.stack, on.values)] == []


def test_a_preview_registers_the_same(on: Case) -> None:
    preview = record(on.stack, on.values, preview=True)
    assert {each.urn for each in preview.resources} == {each.urn for each in on.graph.resources}


def test_servers_are_probed_and_what_listens_to_nobody_is_seen_to_live(on: Case) -> None:
    for companion in on.companions:
        for process in companion.parts.processes:
            kind = "StatefulSet" if process.volume else "Deployment"
            workload = find(on.graph, kind, companion.component(process))
            [container] = template(on.graph, workload)["spec"]["containers"]
            found = {name.removesuffix("Probe") for name in container if name.endswith("Probe")}
            alive = {"liveness"} if process.alive else set()
            wanted = alive if process.port is None else {"startup", "readiness", "liveness"}
            assert found == wanted, label(workload)


def test_several_pods_have_a_budget_and_a_single_one_has_none(on: Case) -> None:
    """One that held a single pod would keep its node from being drained."""
    budgets = {each.name for each in of_kind(on.graph, "PodDisruptionBudget")}
    for companion in on.companions:
        for workload in on.own(companion):
            many = on.graph.object(workload)["spec"].get("replicas", 1) > 1
            assert (workload.name in budgets) == many, label(workload)


def test_servers_may_have_several_pods() -> None:
    """Else the law above holds for nothing."""
    several = case("several pods")
    assert [
        workload.name
        for companion in several.companions
        for workload in several.own(companion)
        if several.graph.object(workload)["spec"].get("replicas", 1) > 1
    ]


def test_secrets_stand_in_secrets_alone(on: Case) -> None:
    test_files.test_secrets_are_in_secrets_alone(on.graph, on.values)


def test_secrets_of_a_service_are_read_by_it_and_by_the_platform(on: Case) -> None:
    """By its own objects, and those of LMS and Studio that its settings name; by no other service."""
    held = {
        each.name: json.dumps(on.graph.object(each, reveal_secrets=True))
        for each in of_kind(on.graph, "Secret")
    }
    backups = {each for each in held if each.startswith(("backup", "drill"))}
    for companion in on.companions:
        own = {each.name for each in companion.service.secrets(on.stack, companion.section)}
        platform = {each for each in held if each.startswith(("lms-", "studio-", "duty-"))}
        mine = {each for each in held if each.startswith(f"{companion.name}-")}
        for secret in own:
            written = json.dumps(on.values[secret])[1:-1]
            readers = {name for name, text in held.items() if written in text}
            assert readers and readers <= mine | platform | backups, secret


def test_no_service_gets_a_secret_of_the_platform_but_logins_at_its_datastores(on: Case) -> None:
    logins = {
        *("broker_password", "cache_password", "mongodb_password", "mail_password"),
        *("s3_access_key", "s3_secret_key", "search_api_key", "search_password"),
    }
    for companion in on.companions:
        own = {each.name for each in companion.service.secrets(on.stack, companion.section)}
        tokens = {"jwt_secret_key"} if companion.parts.checks_tokens else set()
        allowed = own | tokens | (logins if companion.parts.stores else set())
        # Stand-ins of those that only an operator knows are one text.
        texts = {on.values[name] for name in allowed & on.values.keys()}
        for each in of_kind(on.graph, "Secret"):
            if not each.name.startswith(f"{companion.name}-") or "-mysql-provision-" in each.name:
                continue
            text = json.dumps(on.graph.object(each, reveal_secrets=True))
            found = {
                name
                for name, value in on.values.items()
                if json.dumps(value)[1:-1] in text and value not in texts
            }
            assert found == set(), each.name


def test_each_comes_after_the_platform_and_its_databases_and_jobs_before_processes(on: Case) -> None:
    for companion in on.companions:
        databases = companion.service.databases_of(on.stack, companion.section)
        made = {
            f"Job {companion.name}-{f'{number}-' if number > 1 else ''}mysql-provision"
            for number in range(1, len(databases) + 1)
        }
        first = {"Job studio-setup", *made}
        jobs = [f"{companion.name}-{job.name}" for job in companion.parts.jobs]
        early = {companion.component(each) for each in companion.parts.processes if each.before_jobs}
        for number, job in enumerate(jobs):
            wanted = first | {f"Job {each}" for each in jobs[:number]}
            assert wanted <= names_before(on.graph, find(on.graph, "Job", job)), job
        for workload in on.own(companion):
            if workload.kind != "Job":
                wanted = first if workload.name in early else first | {f"Job {each}" for each in jobs}
                assert wanted <= names_before(on.graph, workload), label(workload)


def test_nothing_of_the_platform_waits_for_a_service(on: Case) -> None:
    own = {label(each) for companion in on.companions for each in on.own(companion)}
    for name in ("lms", "studio", "lms-worker-default", "lms-worker-all", "lms-beat"):
        found = [each for each in of_kind(on.graph, "Deployment") if each.name == name]
        assert all(not (own & names_before(on.graph, each)) for each in found), name


def test_migrations_hold_the_lock_of_the_platform(on: Case) -> None:
    """Of each service with a database, one Job migrates: alone, and within the patience of the stack file."""
    for companion in on.companions:
        if not companion.service.databases_of(on.stack, companion.section):
            continue
        migrations = [
            container
            for workload in on.own(companion)
            if workload.kind == "Job"
            for container in template(on.graph, workload)["spec"]["containers"]
            if f"{SCRIPTS}/migrate.py" in container["command"]
        ]
        [migration] = migrations
        seconds = str(on.stack.migrations.lock_minutes * 60)
        assert {"name": "LOCK_SECONDS", "value": seconds} in migration["env"], companion.name
