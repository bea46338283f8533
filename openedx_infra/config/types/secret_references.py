"""References to secrets of the stack: `{secret: NAME}`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidatorFunctionWrapHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from openedx_infra.config.types.base import Section
from openedx_infra.config.types.patterns import Pattern

SECRET_NAME = Pattern(
    "name of a secret",
    r"[a-z][a-z0-9_]{0,62}",
    "at most 63 lower-case letters, digits and underscores, with a letter first",
    "google_oauth_secret",
)
"""What a secret of the operator's may be called: also a file in a pod, and an id of BuildKit's."""

SecretName = Annotated[str, SECRET_NAME]
"""The name of a secret under `openedx:secrets`."""

KEY = "secret"
"""The one key of a reference."""

Path = tuple[int | str, ...]
"""Keys of maps and indexes of lists, from a value to one within it."""


class SecretReference(Section):
    """A secret of the stack in place of a value. `openedx-infra secrets set NAME` sets it."""

    secret: SecretName
    """Its name under `openedx:secrets`."""

    def __str__(self) -> str:
        return f"{{{KEY}: {self.secret}}}"


@dataclass(frozen=True)
class OrSecret:
    """Marks a value that may also be a secret: `Annotated[str | SecretReference, OrSecret(…)]`."""

    plain: Any
    """The annotation of the value itself."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic's protocol: a map is a reference, everything else the value itself. The messages of a
        union would name both branches."""
        return core_schema.no_info_wrap_validator_function(
            _reference_or_plain,
            handler.generate_schema(self.plain),
            serialization=core_schema.plain_serializer_function_ser_schema(_dumped),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Pydantic's protocol: the same choice for editors."""
        name = {"type": "string", "pattern": f"^{SECRET_NAME.regex}$", "examples": [SECRET_NAME.example]}
        reference = {
            "type": "object",
            "description": "A secret of the stack.",
            "properties": {KEY: name},
            "required": [KEY],
            "additionalProperties": False,
        }
        return {"anyOf": [handler(schema), reference]}


def _reference_or_plain(value: Any, plain: ValidatorFunctionWrapHandler) -> Any:
    if isinstance(value, SecretReference):
        return value
    return SecretReference.model_validate(value) if isinstance(value, Mapping) else plain(value)


def _dumped(value: Any) -> Any:
    return value.model_dump() if isinstance(value, SecretReference) else value


def secrets_by_file(secrets: Iterable[str | SecretReference], prefix: str) -> dict[str, str]:
    """Names of the stack's secrets by the names of the files that show them: a reference's own name for both,
    or a mere name, which the stack's has with a prefix."""
    files: dict[str, str] = {}
    for secret in secrets:
        if isinstance(secret, SecretReference):
            files[secret.secret] = secret.secret
        else:
            files[secret] = f"{prefix}{secret}"
    return files


def is_reference(value: Any) -> bool:
    """Whether a value of a stack file refers to a secret: a map of one text called `secret`."""
    return isinstance(value, SecretReference) or (
        isinstance(value, Mapping)
        and list(value) == [KEY]
        and not isinstance(value[KEY], Mapping | list | tuple)
    )


def references(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every reference within a value: its path, and the name of the secret."""
    if isinstance(value, SecretReference):
        yield path, value.secret
    elif is_reference(value):
        yield path, str(value[KEY])
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from references(inner, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from references(inner, (*path, index))
