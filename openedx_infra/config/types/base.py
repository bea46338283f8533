"""The base model of all sections of a stack file, and the types of small values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from openedx_infra.config.types.descriptions import descriptions
from openedx_infra.config.types.patterns import DNS_LABEL, Pattern

T = TypeVar("T")

IMMUTABLE: JsonDict = {"immutable": True}
"""Marks a field whose value can't change once the instance exists."""


class Section(BaseModel):
    """A part of the stack file: frozen, and closed to keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _keep_the_rest_of_defaults(cls, config: Any) -> Any:
        """`lms: {replicas: 2}` changes the replicas of `lms` and leaves the rest of its default as it is."""
        if not isinstance(config, Mapping):
            return config
        return {key: _completed(value, cls.model_fields.get(key)) for key, value in config.items()}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Pydantic's protocol: adds the docstrings of fields."""
        section = handler(schema)
        properties = handler.resolve_ref_schema(section)["properties"]
        for name, text in descriptions(cls).items():
            properties[name]["description"] = text
        return section


def _completed(value: Any, field: FieldInfo | None) -> Any:
    if field is None or not isinstance(field.default, Section) or not isinstance(value, Mapping):
        return value
    default = field.default
    return {**{name: getattr(default, name) for name in default.model_fields_set}, **value}


def _distinct(values: Sequence[T]) -> Sequence[T]:
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"names {', '.join(twice)} more than once: name each once")
    return values


def _sayable(value: T) -> T:
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()  # half a surrogate pair is no UTF-8
    except (TypeError, ValueError, RecursionError):
        raise ValueError(
            "can't be passed on as it is: settings are text, finite numbers, true, false, null, lists and "
            "maps; a date is text in quotes"
        ) from None
    return value


_KUBERNETES_NAME = Pattern(
    "Kubernetes name",
    DNS_LABEL,
    "at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends",
    "openedx-campus",
)

KubernetesName = Annotated[str, _KUBERNETES_NAME]
"""A DNS label, as Kubernetes wants it for names of objects: at most 63 characters."""

PoolName = Annotated[
    str,
    Pattern(
        "pool name",
        r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?",
        # `studio-worker-` before it and a label's limit of 63 leave 49; 40 is rounder.
        "at most 40 lower-case letters, digits and hyphens, with a letter or digit at both ends",
        "high-mem",
    ),
]
"""Part of the name of a pool's Deployment."""

ImageReference = Annotated[
    str,
    Pattern(
        "image reference",
        r"[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)+"
        r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})",
        "registry, name, and a tag or a digest, all spelled out",
        "docker.io/library/mysql:8.4.11",
    ),
]
"""A container image with its registry spelled out, by tag or by digest."""

SettingName = Annotated[
    str,
    Pattern(
        "setting name",
        r"[A-Z][A-Z0-9_]*",
        "capitals, digits and underscores",
        "COURSE_CATALOG_VISIBILITY",
    ),
]
"""The name of a Django setting: capitals, digits and underscores."""

WaffleName = Annotated[
    str,
    Pattern(
        "waffle name",
        r"[A-Za-z0-9_.:-]{1,100}",
        "at most 100 letters, digits, dots, colons, hyphens and underscores",
        "course_home.course_home_mfe_progress_tab",
    ),
]
"""The name of a waffle flag or switch, such as `course_home.course_home_mfe_progress_tab`."""

Count = Annotated[int, Field(strict=True)]
"""A whole number; text and booleans are no numbers here."""

Port = Annotated[int, Field(ge=1, le=65535, strict=True)]
"""A TCP port."""

Switch = Annotated[bool, Field(strict=True)]
"""true or false; `yes`, 1 and text are neither."""

Distinct = AfterValidator(_distinct)
"""Marks a list that names nothing twice."""

OrNothing = BeforeValidator(lambda value: None if value in ({}, "") else value)
"""Marks an optional section or text that an empty map or text leaves out, too: `pulumi config set` can't
write null."""

Setting = Annotated[Any, AfterValidator(_sayable)]
"""The value of a Django setting: anything that both YAML and JSON can say."""
