"""From nothing to a whole instance, and nothing to do after that, by our commands and by plain Pulumi."""

from __future__ import annotations

import json
import re
from base64 import b64decode

import pytest
from checkouts import Checkout
from instances import KINDS, FirstUp, Instance
from lightkube import ApiError, codecs
from lightkube.resources.core_v1 import Namespace, Node, Pod
from strangers import Stranger

pytestmark = pytest.mark.engine


def test_everything_is_ready(first_up: FirstUp) -> None:
    instance = first_up.instance
    assert instance.unready() == []
    assert set(instance.pods()) == {
        "mysql", "mongodb", "broker", "cache", "meilisearch", "smtp", "lms", "studio", "mfe", "static",
        "lms-worker-default", "lms-worker-high-mem", "studio-worker-default", "lms-beat",
    }  # fmt: skip
    assert set(instance.jobs()) == {
        "mysql-provision", "mongodb-provision", "search-provision", "lms-migrate", "studio-migrate",
        "lms-setup", "studio-setup",
    }  # fmt: skip
    assert all(claim.status.phase == "Bound" for claim in instance.list("PersistentVolumeClaim"))


def test_it_says_which_cluster_it_is_that_nothing_runs_there_and_how_to_go_to_k3s(
    first_up: FirstUp,
) -> None:
    said = first_up.said.out
    assert "namespace openedx-dev of the embedded cluster" in said
    assert "containers don't run" in said
    assert "get.k3s.io" in said and ".venv/bin/openedx-infra init --stack campus" in said
    assert "http://local.openedx.io" in said and "http://studio.local.openedx.io" in said


def test_the_namespace_enforces_the_restricted_standard_on_every_pod(first_up: FirstUp) -> None:
    instance = first_up.instance
    labels = instance.client.get(Namespace, instance.namespace).metadata.labels
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    root = "{apiVersion: v1, kind: Pod, metadata: {name: root}, spec: {containers: [{name: c, image: x}]}}"
    (pod,) = codecs.load_all_yaml(root)
    with pytest.raises(ApiError, match="violates PodSecurity"):
        instance.client.create(pod)


def test_state_and_cluster_agree(dev: Instance) -> None:
    assert dev.objects() == dev.believed()


def test_nothing_is_left_to_do(dev: Instance) -> None:
    dev.demand_unchanged()


def test_status_says_that_all_is_ready(dev: Instance) -> None:
    said = dev.run("status")
    assert said.code == 0, said.text
    assert "0 of" not in said.out and "lms-worker-high-mem" in said.out
    rows = json.loads(dev.run("status", "--json").out)
    assert all(row["ready"] for row in rows)


def test_plain_pulumi_does_the_same_work(dev: Instance) -> None:
    said = dev.pulumi("preview", "--expect-no-changes", "--config-file", str(dev.file))
    assert said.code == 0, said.text
    said = dev.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--config-file", str(dev.file))
    assert said.code == 0, said.text
    assert dev.unready() == []


def test_plain_pulumi_shows_the_same_outputs(dev: Instance) -> None:
    ours, theirs = dev.run("outputs", "--json"), dev.pulumi("stack", "output", "--json")
    assert ours.code == theirs.code == 0, ours.text + theirs.text
    outputs = json.loads(ours.out)
    assert outputs == json.loads(theirs.out)
    assert outputs["lms_url"] == "http://local.openedx.io"
    assert outputs["namespace"] == "openedx-dev"
    assert outputs["datastores"]["mysql"] == "mysql:3306"


def test_no_secret_stands_in_anything_but_secrets(dev: Instance) -> None:
    texts = [b64decode(text).decode() for item in dev.list("Secret") for text in (item.data or {}).values()]
    words = {word for text in texts for word in re.findall(r"[A-Za-z0-9+/=_-]{32,}", text)}
    assert len(words) > 20, "passwords are 40 letters, keys are longer"
    plain = [item.to_dict() for kind in KINDS if kind != "Secret" for item in dev.list(kind)]
    pods = [pod.to_dict() for pod in dev.client.list(Pod)]
    public = json.dumps([dev.state(), plain, pods], default=str)
    assert not {word for word in words if word in public and not is_public(word)}


def is_public(word: str) -> bool:
    """Whether it is no secret though it stands among them: a name, a path, or a part of a PEM frame."""
    return bool(re.fullmatch(r"[a-z_/-]+|-+[A-Z ]+-+|[A-Z_-]+", word))


def test_the_clone_is_as_clean_as_before(dev: Instance, checkout: Checkout) -> None:
    assert checkout.changed() == ""


def test_nobody_asked_the_cluster_that_is_merely_current(dev: Instance, stranger: Stranger) -> None:
    assert {node.metadata.name for node in dev.client.list(Node) if node.metadata}
    assert stranger.visits == 0
