"""An instance comes up whose servers somebody else runs, and its preflight stops what must fail.

Containers don't run here: whether the preflight finds what is wrong with servers is shown by `tests/parts/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from instances import FirstUp, Instance
from watching import watching

from tools.control_plane import CONTEXT

pytestmark = pytest.mark.engine

CA = str(Path(__file__).parents[1] / "data/certificates/ca.pem")
MYSQL: dict[str, Any] = {
    "source": "external",
    "host": "db.example.org",
    "tls": {"ca": CA, "client_certificate": CA},
}
OUTSIDE: dict[str, Any] = {
    "mysql": MYSQL,
    "mongodb": {"source": "external", "srv": "campus.example.org", "auth_database": "admin"},
    "broker": {"source": "external", "host": "broker.example.org", "tls": {}},
    "cache": {"source": "external", "host": "cache.example.org", "authenticated": False},
    "search": {
        "source": "external",
        "engine": "opensearch",
        "url": "https://find.example.org",
        "username": "campus",
    },
    "storage": {
        "source": "external",
        "endpoint": "https://files.example.org",
        "buckets": {
            purpose: f"campus-{purpose}" for purpose in ("public", "private", "grades", "ora", "exports")
        },
    },
    "protect": False,
}
KNOWN = (
    "mysql_password",
    "mysql_client_key",
    "mongodb_password",
    "broker_password",
    "search_password",
    "s3_access_key",
    "s3_secret_key",
    "mail_password",
)
"""What only the operator knows."""
FAILING = {"spec": {"template": {"metadata": {"annotations": {"openedx-infra.test/outcome": "fail"}}}}}


@pytest.fixture(scope="module")
def outside(first_up: FirstUp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance of which nothing but its code runs in the cluster."""
    dev = first_up.instance
    file = tmp_path_factory.mktemp("outside") / "stack.yaml"
    instance = Instance(
        dev.checkout, "outside", file, dev.kubeconfig, {"PULUMI_CONFIG_PASSPHRASE": "of the operator's own"}
    )
    instance.say(
        site={"lms_host": "learn.outside.example.org"},
        cluster={"context": CONTEXT, "kubeconfig": str(dev.kubeconfig)},
        datastores=OUTSIDE,
        mail={"delivery": {"source": "smtp", "host": "smtp.example.org", "username": "campus"}},
    )
    said = instance.run("secrets", "generate")
    assert said.code == 0 and not [name for name in KNOWN if name not in said.out], said.text
    instance.tell(*KNOWN)
    instance.up()
    yield instance
    instance.throw_away()


def answering(instance: Instance) -> dict[str, frozenset[str]]:
    """All pods but servers of static files, which have those of a new version before it is prepared."""
    return {name: uids for name, uids in instance.pods().items() if name != "static"}


def test_all_of_it_is_ready_and_nothing_of_it_holds_data(outside: Instance) -> None:
    assert outside.unready() == []
    assert outside.uids("StatefulSet") == outside.uids("PersistentVolumeClaim") == {}
    assert set(outside.jobs()) == {"preflight", "lms-migrate", "studio-migrate", "lms-setup", "studio-setup"}
    assert outside.objects() == outside.believed()


def test_a_second_run_finds_nothing_to_do(outside: Instance) -> None:
    outside.demand_unchanged()


def test_a_preflight_that_fails_holds_back_everything_and_is_named(outside: Instance) -> None:
    elsewhere = {**MYSQL, "port": 3307}
    outside.say(
        datastores={**OUTSIDE, "mysql": elsewhere},
        images={"openedx": "docker.io/example/openedx:2"},
        overrides=[{"kind": "Job", "name": "preflight", "patch": FAILING}],
    )
    serving, jobs = answering(outside), {item for item in outside.jobs().items() if item[0] != "preflight"}
    with watching(outside) as history:
        said = outside.run("up", "--yes")
    assert said.code == 1
    assert "Job preflight failed (part of Initialization)" in said.err
    assert "the pods that served before still do" in said.err
    assert answering(outside) == serving and outside.pods()["static"]
    assert "docker.io/example/openedx:2" not in history.images.values()
    left = {item.metadata.labels["app.kubernetes.io/component"] for item in outside.list("Job")}
    assert left == {"preflight"} | {name for name, _ in jobs}
    outside.say(datastores=OUTSIDE, images=None, overrides=None)
    outside.up()
    assert outside.unready() == []


@pytest.mark.long  # tests/graph/test_external_graph.py asks for the same Job
def test_databases_to_be_made_bring_the_job_that_makes_them(outside: Instance) -> None:
    outside.say(datastores={**OUTSIDE, "mysql": {**MYSQL, "provisioned": False, "admin_user": "boss"}})
    said = outside.run("up", "--yes")
    assert said.code == 1 and "openedx:secrets.mysql_root_password: missing" in said.err
    outside.tell("mysql_root_password")
    with watching(outside) as history:
        outside.up()
    done = history.completed()
    assert done["preflight"] <= done["mysql-provision"]
    outside.demand_unchanged()
    outside.say(datastores=OUTSIDE)
    outside.up()
    assert "mysql-provision" not in outside.jobs()
