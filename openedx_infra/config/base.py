"""What is every section of a stack file made of? The shared base model and the small value types."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"^{LABEL}(\.{LABEL})+$")
_IMAGE = re.compile(
    r"^[a-z0-9][a-z0-9.-]*(:\d+)?(/[a-z0-9][a-z0-9._-]*)+(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$"
)
_MEMORY_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


class Section(BaseModel):
    """A part of the stack file: frozen, and closed to keys that it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True
    )


def _hostname(value: str) -> str:
    if len(value) > 253 or not _HOST.match(value):
        raise ValueError(
            "not a host name: write lower-case labels joined by dots and nothing else "
            "(no scheme, no port, no path), such as learn.example.org"
        )
    return value


def _email(value: str) -> str:
    local, at, domain = value.rpartition("@")
    if not at or not local or any(c.isspace() for c in value) or not _HOST.match(domain.lower()):
        raise ValueError("not an e-mail address: write it as name@example.org")
    return value


def _image(value: str) -> str:
    if not _IMAGE.match(value):
        raise ValueError(
            "not an image reference: write registry/name:tag or registry/name@sha256:…, "
            "with the registry spelled out, such as docker.io/library/mysql:8.4"
        )
    return value


def cpu_cores(value: str) -> Decimal:
    """The number of cores that a CPU quantity (`250m`, `2`) stands for."""
    return Decimal(value[:-1]) / 1000 if value.endswith("m") else Decimal(value)


def memory_bytes(value: str) -> int:
    """The number of bytes that a memory or storage quantity (`512Mi`, `20Gi`) stands for."""
    return int(value[:-2]) * _MEMORY_UNITS[value[-2:]]


Hostname = Annotated[str, AfterValidator(_hostname), Field(json_schema_extra={"format": "hostname"})]
"""A fully qualified host name: at least two labels, lower case."""

Email = Annotated[str, AfterValidator(_email), Field(json_schema_extra={"format": "email"})]
"""An e-mail address."""

ImageReference = Annotated[str, AfterValidator(_image)]
"""A container image with its registry spelled out, by tag or by digest."""

KubernetesName = Annotated[str, Field(pattern=rf"^{LABEL}$", max_length=63)]
"""A DNS label, as Kubernetes wants it for names of objects: at most 63 characters."""

Cpu = Annotated[str, Field(pattern=r"^([1-9][0-9]*m|[1-9][0-9]*)$", examples=["250m", "2"])]
"""CPU as Kubernetes writes it: thousandths of a core (`250m`) or whole cores (`2`)."""

Memory = Annotated[str, Field(pattern=r"^[1-9][0-9]*(Ki|Mi|Gi|Ti)$", examples=["512Mi", "2Gi"])]
"""Memory or disk as Kubernetes writes it, in binary units (`512Mi`, `20Gi`)."""

Port = Annotated[int, Field(ge=1, le=65535, strict=True)]
"""A TCP port."""

SettingName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
"""The name of a Django setting: capitals, digits and underscores."""

WaffleName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,100}$")]
"""The name of a waffle flag or switch, such as `course_home.course_home_mfe_progress_tab`."""

Setting = Any
"""The value of a Django setting: anything that YAML can say."""
