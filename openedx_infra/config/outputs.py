"""What the stack of an instance exports, for programs that read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict


class InstanceOutputs(BaseModel):
    """Outputs of an instance's stack. Names never change their meaning within a major version; new ones may
    come, and are in `further`. Pulumi leaves out those that are None."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    lms_url: str
    """Address of the LMS, without a slash at the end."""
    studio_url: str
    mfe_url: str
    """Address of the host of the micro-frontends."""
    mfe_urls: Mapping[str, str]
    """Addresses of the micro-frontends by name, such as `learning`."""
    search_url: str | None = None
    """Public address of Meilisearch; None where search is elsewhere."""
    more_lms_urls: tuple[str, ...] = ()
    """Addresses of further sites of the same instance."""
    files_url: str | None = None
    """Public address of the bucket of uploaded files, where the instance runs its S3 server."""
    namespace: str
    """Namespace in the cluster."""
    cluster: str | None = None
    """Context of the kubeconfig; None for the embedded cluster."""
    release: str
    """The named release that visitors get."""
    version: str
    """Version of this program that brought it up."""
    images: Mapping[str, str]
    """References of images by name; those built here by digest."""
    datastores: Mapping[str, Any]
    """Addresses of the datastores, without credentials."""
    config: Mapping[str, Any]
    """The whole configuration of the last `up`, defaults included."""
    further: Mapping[str, Any] = {}
    """Outputs of some instances only: DNS records, buckets, addresses of two versions, immutable values."""


def instance_outputs(outputs: Mapping[str, Any]) -> InstanceOutputs:
    """The outputs of a stack as Pulumi gives them. Raises pydantic.ValidationError where the stack is none of
    this program's instances."""
    further = {name: value for name, value in outputs.items() if name not in InstanceOutputs.model_fields}
    return InstanceOutputs.model_validate({**outputs, "further": further})
