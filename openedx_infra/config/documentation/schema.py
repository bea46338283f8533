"""The JSON Schema of stack files, for editors, generated from the models."""

from __future__ import annotations

from typing import Any

from openedx_infra.config.base_stack import BaseStack
from openedx_infra.config.errors.key_paths import UNION_KEY
from openedx_infra.config.foundation.foundation import Foundation
from openedx_infra.config.secrets.catalogue import NAMES, REGISTRY_PASSWORD
from openedx_infra.config.services.model import documented
from openedx_infra.config.stack import PROJECT, SECRETS_KEY, Stack
from openedx_infra.config.types.secret_references import SECRET_NAME

IMMUTABLE_NOTE = "Can't be changed once the instance exists."
"""What the documentation of an immutable key ends with."""

_TITLES: dict[type[BaseStack], str] = {Stack: "an Open edX instance", Foundation: "a foundation"}
_NAMES_OF_SECRETS: dict[type[BaseStack], str] = {
    Stack: SECRET_NAME.regex,
    Foundation: f"{REGISTRY_PASSWORD}[a-z][a-z0-9_]*",
}
_OWN_WORDS = ("default_text", "discriminator", "immutable", "title")
_PULUMI = {
    "encryptionsalt": "Salt of the passphrase that encrypts this stack's secrets. Pulumi writes it.",
    "encryptedkey": "Key that encrypts this stack's secrets, itself encrypted by a cloud's key service.",
    "secretsprovider": "What encrypts this stack's secrets: `passphrase`, or the URL of a cloud's key.",
}


def json_schema(model: type[BaseStack] = Stack) -> dict[str, Any]:
    """The schema of a stack file as a whole: our keys, the secrets, and what Pulumi itself writes there. Of
    an instance, with the companion services of this program; packages may add others."""
    stack = (documented() if model is Stack else model).model_json_schema()
    definitions = {name: _tidy(definition) for name, definition in stack["$defs"].items()}
    _require_choices(definitions, stack["$defs"])
    sections = {name: _tidy(field) for name, field in stack["properties"].items()}
    if "Services" in definitions:  # packages add others, each with keys of its own
        definitions["Services"]["additionalProperties"] = {"type": ["object", "null"]}
    for definition in definitions.values():
        definition["properties"] = {
            name: _partly(definitions, field) for name, field in definition.get("properties", {}).items()
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Stack file of {_TITLES[model]}",
        "type": "object",
        "additionalProperties": False,
        "required": ["config"],
        "properties": {
            "config": _config(sections, stack["required"], _NAMES_OF_SECRETS[model]),
            "environment": {"description": "Pulumi ESC environments to merge in."},
            **{key: {"type": "string", "description": text} for key, text in _PULUMI.items()},
        },
        "$defs": definitions,
    }


def _config(sections: dict[str, Any], required: list[str], names: str) -> dict[str, Any]:
    keys = {f"{PROJECT}:{name}": field for name, field in sections.items()}
    return {
        "type": "object",
        "description": "Configuration of the stack.",
        "additionalProperties": False,
        "required": [f"{PROJECT}:{name}" for name in required],
        "properties": {**keys, f"{PROJECT}:{SECRETS_KEY}": _secrets(names)},
        # Pulumi's providers have keys of their own, such as kubernetes:strictMode.
        "patternProperties": {f"^(?!{PROJECT}:)[^:]+:": {}},
    }


def _secrets(names: str) -> dict[str, Any]:
    """The secrets: those of this program, and others whose names match."""
    encrypted = {
        "type": "object",
        "additionalProperties": False,
        "required": ["secure"],
        "properties": {"secure": {"type": "string", "minLength": 1}},
    }
    return {
        "type": "object",
        "description": "Secrets, encrypted by the stack's secrets provider. The CLI writes them.",
        "additionalProperties": False,
        "properties": dict.fromkeys(sorted(NAMES), encrypted),
        "patternProperties": {f"^{names}$": encrypted},
    }


def _tidy(schema: Any) -> Any:
    """A schema without our own keywords, closed to unknown names, with a note at immutable keys."""
    if isinstance(schema, list):
        return [_tidy(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    result: dict[str, Any] = {}
    for key, inner in schema.items():
        if key in ("properties", "$defs"):
            result[key] = {name: _tidy(field) for name, field in inner.items()}
        elif key == "default":
            result[key] = inner
        elif key not in _OWN_WORDS:
            result[key] = _tidy(inner)
    if "description" in result:
        result["description"] = " ".join(result["description"].split())
    if schema.get("immutable"):
        result["description"] += f" {IMMUTABLE_NOTE}"
    if "patternProperties" in result:
        result["additionalProperties"] = False
    return result


def _require_choices(definitions: dict[str, Any], schema: Any) -> None:
    """Require `source` where a section comes in several kinds."""
    if isinstance(schema, list):
        for inner in schema:
            _require_choices(definitions, inner)
    if not isinstance(schema, dict):
        return
    discriminator = schema.get("discriminator")
    for reference in discriminator["mapping"].values() if isinstance(discriminator, dict) else ():
        branch = definitions[reference.rpartition("/")[2]]
        branch["required"] = sorted({UNION_KEY, *branch.get("required", ())})
    for inner in schema.values():
        _require_choices(definitions, inner)


def _partly(definitions: dict[str, Any], field: dict[str, Any]) -> dict[str, Any]:
    """A section with a default may be set in part: keys that it requires elsewhere have a default here."""
    default = field.get("default")
    section = definitions.get(field.get("$ref", "").rpartition("/")[2])
    if not default or not section or not section.get("required"):
        return field
    properties = {
        name: {**inner, "default": default[name]} if name in default else inner
        for name, inner in section["properties"].items()
    }
    described = {key: value for key, value in field.items() if key != "$ref"}
    optional = {key: value for key, value in section.items() if key != "required"}
    return {**optional, **described, "properties": properties}
