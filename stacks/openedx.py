"""The stack of one Open edX instance: its cluster, components and outputs."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pulumi

from openedx_infra import images
from openedx_infra.components.datastores.datastores import addresses, buckets
from openedx_infra.components.datastores.store import SesStore
from openedx_infra.components.platform import Platform, PlatformArgs
from openedx_infra.config import ConfigError, Stack
from openedx_infra.config.development import mounts
from openedx_infra.config.immutable import IMMUTABLE_OUTPUT, immutable_values
from openedx_infra.config.rules import certificates
from openedx_infra.config.rules.extras import manifests
from openedx_infra.config.rules.platform import settings_modules
from openedx_infra.config.secrets.formats import unfit, unfit_headers
from openedx_infra.config.secrets.needed import password_limits
from openedx_infra.config.versions import live_version
from openedx_infra.kubernetes.overrides.patches import Patches
from stacks.cluster import cluster
from stacks.gate import Refused, validation_gate
from stacks.reference import FoundationReference

if TYPE_CHECKING:
    from openedx_infra.components.extras.collisions import Names


def deploy(stack: Stack, secrets: Mapping[str, pulumi.Input[str]]) -> None:
    """Registers the whole instance and exports its outputs. The only effects are registrations.

    Raises Refused when files that the stack file names aren't there.
    """
    faults = [
        *images.problems(stack),
        *certificates.problems(stack),
        *settings_modules.problems(stack),
        *manifests.problems(stack),
        *mounts.problems(stack),
    ]
    if faults:
        raise Refused(ConfigError(stack.name, faults))
    patches = Patches(stack.overrides)
    names = _names(stack)
    foundation = FoundationReference(stack) if stack.foundation else None
    gate = validation_gate(stack.name, _checks(stack, secrets, patches, foundation, names))
    platform = Platform(
        "openedx",
        PlatformArgs(
            stack=stack,
            secrets={**secrets, **(foundation.passwords() if foundation else {})},
            foundation=foundation.contract(gate) if foundation else None,
        ),
        pulumi.ResourceOptions(
            providers=[cluster(stack, gate)],
            transformations=[patches.apply, *([names.see] if names else [])],
            depends_on=gate,
        ),
    )
    for name, value in _outputs(stack, platform).items():
        pulumi.export(name, value)


def _checks(
    stack: Stack,
    secrets: Mapping[str, pulumi.Input[str]],
    patches: Patches,
    foundation: FoundationReference | None,
    names: Names | None,
) -> Iterator[Awaitable[list[str]]]:
    """Checks of values that are known only at run time."""

    async def forms() -> list[str]:
        values = await pulumi.Output.all(**secrets).future() or {}
        return [*unfit(values, password_limits(stack)), *unfit_headers(stack, values)]

    async def overrides() -> list[str]:
        return [*_unmatched(stack, patches), *_unknown_fields(stack)]

    async def own_names() -> list[str]:
        return list(names.taken(stack)) if names else []

    yield forms()
    yield overrides()
    yield own_names()
    if foundation:
        yield foundation.problems()


def _names(stack: Stack) -> Names | None:
    """Names of all objects, which those of the operator's own are compared with. None: there are none."""
    if not stack.extras.manifests:
        return None
    from openedx_infra.components.extras.collisions import Names  # which few stacks need

    return Names()


def _unmatched(stack: Stack, patches: Patches) -> list[str]:
    return [
        f"openedx:overrides[{index}]: no {stack.overrides[index].kind} is called "
        f"{stack.overrides[index].name}; "
        f"`openedx-infra render --stack {stack.name} --output DIR` shows all kinds and names"
        for index in patches.unmatched
    ]


def _unknown_fields(stack: Stack) -> list[str]:
    if not stack.overrides:
        return []
    from openedx_infra.kubernetes.overrides import schema  # loads Kubernetes' models, which few stacks need

    return [
        f"openedx:overrides[{index}].{path}: {text}"
        for index, override in enumerate(stack.overrides)
        for path, text in schema.faults(override.kind, override.patch)
    ]


def _outputs(stack: Stack, platform: Platform) -> dict[str, pulumi.Input[Any]]:
    site, live = stack.site, live_version(stack)
    return {
        "lms_url": site.lms_url,
        **({"more_lms_urls": list(site.more_urls)} if site.more_hosts else {}),
        "studio_url": site.studio_url,
        "mfe_url": site.mfe_url,
        "mfe_urls": {name: f"{site.mfe_url}/{name}" for name in stack.mfe_names},
        "search_url": site.search_url,
        **({"files_url": stack.files_url} if stack.files_url else {}),
        "namespace": platform.namespace.metadata["name"],
        "cluster": stack.cluster.context,
        "release": live.release,
        "version": version("openedx-infra"),
        "images": {name: platform.instance.reference(name) for name in stack.image_names},
        "datastores": platform.datastores.connections.apply(addresses),
        **_on_aws(stack, platform),
        **_of_versions(stack),
        "config": stack.model_dump(mode="json"),
        IMMUTABLE_OUTPUT: immutable_values(stack),
    }


def _of_versions(stack: Stack) -> dict[str, pulumi.Input[Any]]:
    """Addresses of each of two versions, live or not."""
    return {
        f"{version.colour}_{site}_url": f"{stack.site.scheme}://{host}"
        for version in stack.versions
        for site, host in version.preview_hosts.items()
    }


def _on_aws(stack: Stack, platform: Platform) -> dict[str, pulumi.Input[Any]]:
    """DNS records to publish for SES, and names of buckets that AWS made unique."""
    stores = platform.datastores
    outputs: dict[str, pulumi.Input[Any]] = {}
    if isinstance(stores.mail, SesStore):
        outputs["dns_records"] = stores.mail.dns_records
    if stack.sources["storage"] == "s3":
        outputs["buckets"] = stores.connections.apply(buckets)
    return outputs
