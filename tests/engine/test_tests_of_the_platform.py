"""The platform's own tests get as far as simulated nodes let them, and leave no trace."""

from __future__ import annotations

import pytest
from instances import Instance
from lightkube.resources.core_v1 import Event, Namespace

pytestmark = pytest.mark.engine


def test_the_pod_is_admitted_and_nothing_is_called_a_success(dev: Instance) -> None:
    before = {space.metadata.name for space in dev.client.list(Namespace)}
    said = dev.checkout.run("openedx-infra", "test-platform", "lms/djangoapps/grades", "cms/lib")
    assert said.code == 1
    assert "Nothing was tested" in said.err and "simulated" in said.err
    assert "lms: lms/djangoapps/grades with lms.envs.test" in said.out
    made = [line for line in said.out.splitlines() if line.startswith("Namespace ")]
    assert len(made) == 1 and made[0].endswith("is deleted.")
    name = made[0].split()[1]
    assert name not in before
    space = [one for one in dev.client.list(Namespace) if one.metadata.name == name]
    assert all(one.status.phase == "Terminating" for one in space)
    refused = [
        event.message
        for event in dev.client.list(Event, namespace="*")
        if event.metadata.namespace == name and event.type == "Warning"
    ]
    assert refused == []
