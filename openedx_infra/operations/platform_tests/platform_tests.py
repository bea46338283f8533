"""`test-platform`: edx-platform's own tests, inside its image, in a namespace made for them."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from openedx_infra.config import Stack
from openedx_infra.config.versions import live_version
from openedx_infra.operations.cluster import connection
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.images.credentials import Login, docker_config
from openedx_infra.operations.platform_tests import last_failed, manifests
from openedx_infra.operations.platform_tests.junit import summary
from openedx_infra.operations.platform_tests.known_failures import verdict
from openedx_infra.operations.platform_tests.manifests import Images, Object, Resources, Source
from openedx_infra.operations.platform_tests.run import Outcome, SuiteRun
from openedx_infra.operations.platform_tests.suites import Suite
from openedx_infra.operations.stack_files.local_stack import Address
from openedx_infra.operations.stack_files.stack_file import StackFile

if TYPE_CHECKING:
    from lightkube import Client


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to run, and with what."""

    suites: Sequence[Suite]
    images: Images
    resources: Resources
    logins: Mapping[str, Login]
    """Logins at registries that the stack file names, by host."""
    reports: Path
    """Folder for the JUnit reports: `lms.xml`, `studio.xml`."""
    source: Source | None = None
    """Checkout to test. None: the image's own source."""
    expected: Mapping[str, str] = field(default_factory=dict)
    """Tests that are expected to fail, with the reason of each."""


def images(stack: Stack, image: str | None) -> Images:
    """The images of a stack's version that visitors reach, or another one of the platform."""
    return Images(
        openedx=image or live_version(stack).image("openedx"),
        mongodb=stack.image("mongodb"),
        pull_policy=stack.images.pull_policy,
        pull_secrets=[
            *stack.images.pull_secrets,
            *([manifests.REGISTRIES] if stack.images.registries else []),
        ],
    )


def run(file: StackFile, stack: Stack, plan: Plan, console: Console) -> int:
    """Run the suites one after the other, write their reports, and return the highest exit code: 0 when all
    that failed was expected to.

    The namespace is deleted, whatever comes of the tests. Raises OperationError when tests could not be run.
    """
    address = connection.address_of(stack, local=file.local)
    with (
        connection.answering(remedy="is it running, and may you create namespaces in it?"),
        _scratch(address, stack, console, mounts_folders=plan.source is not None) as client,
    ):
        for secret in _pull_secrets(client, stack, plan.logins):
            _create(client, secret)
        _create(client, manifests.script_files(client.namespace))
        assigned = stack.cluster.users == "assigned"
        return max(_suite(client, suite, plan, console, assigned_users=assigned) for suite in plan.suites)


@contextmanager
def _scratch(address: Address, stack: Stack, console: Console, *, mounts_folders: bool) -> Iterator[Client]:
    """A client for a new namespace, which is gone afterwards."""
    from lightkube.resources.core_v1 import Namespace

    client = connection.connect(address, f"{stack.namespace[:50]}-tests-{secrets.token_hex(3)}")
    _create(client, manifests.namespace(client.namespace, stack.name, mounts_folders=mounts_folders))
    try:
        _create(client, manifests.isolation(client.namespace))
        yield client
    finally:
        client.delete(Namespace, client.namespace)
        console.print(f"Namespace {client.namespace} is deleted.", highlight=False, soft_wrap=True)


def _suite(client: Client, suite: Suite, plan: Plan, console: Console, *, assigned_users: bool) -> int:
    settings = f" with {suite.settings}" if suite.settings else ""
    source = f"{plan.source.folder} by " if plan.source else ""
    console.print(
        f"{suite.name}: {' '.join(suite.paths)}{settings} in {source}{plan.images.openedx}",
        style="bold",
        highlight=False,
        soft_wrap=True,
    )
    job = manifests.job(
        client.namespace,
        suite,
        plan.images,
        plan.resources,
        assigned_users=assigned_users,
        source=plan.source,
    )
    _create(client, job)
    outcome = SuiteRun(client, suite.name, lambda line: console.out(line, highlight=False)).follow()
    return _keep(outcome, suite, plan, console) if suite.tested else outcome.code


def _keep(outcome: Outcome, suite: Suite, plan: Plan, console: Console) -> int:
    """Write the report, tell what is in it, and return the exit code that follows from it."""
    if outcome.report is None:
        console.print(f"{suite.name}: no report came back.", style="yellow", soft_wrap=True)
        return outcome.code
    plan.reports.mkdir(parents=True, exist_ok=True)
    path = plan.reports / f"{suite.name}.xml"
    path.write_bytes(outcome.report)
    console.print(f"{suite.name}: {summary(outcome.report)}. Report: {path}", soft_wrap=True)
    found = verdict(outcome.report, plan.expected)
    last_failed.update(plan.reports, suite.name, outcome.report, found.failed)
    for line in found.lines():
        console.print(f"{suite.name}: {line}", highlight=False, soft_wrap=True, markup=False)
    code = found.exit_code(outcome.code)
    if code != outcome.code:
        console.print(
            f"{suite.name}: only tests that are known to fail failed.", style="green", soft_wrap=True
        )
    return code


def _pull_secrets(client: Client, stack: Stack, logins: Mapping[str, Login]) -> list[Object]:
    """How nodes log in to registries: a pod finds credentials in its own namespace alone."""
    from lightkube import ApiError
    from lightkube.resources.core_v1 import Secret

    objects = []
    for name in stack.images.pull_secrets:
        try:
            secret = client.get(Secret, name, namespace=stack.namespace)
        except ApiError as error:
            raise OperationError(
                f"There is no pull secret {name} in namespace {stack.namespace}: {error.status.message}",
                remedy="create it there, as openedx:images.pull_secrets wants it",
            ) from error
        objects.append(manifests.pull_secret(client.namespace, name, secret.data or {}))
    if logins:
        text = json.dumps(docker_config(logins))
        packed = {".dockerconfigjson": base64.b64encode(text.encode()).decode()}
        objects.append(manifests.pull_secret(client.namespace, manifests.REGISTRIES, packed))
    return objects


def _create(client: Client, obj: Object) -> Any:
    from lightkube import codecs

    return client.create(codecs.from_dict(obj))
