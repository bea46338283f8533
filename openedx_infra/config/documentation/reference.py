"""The reference of all keys of stack files, generated from the models.

`python -m openedx_infra.config.documentation.reference` writes it and the JSON Schemas to docs/reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic.fields import FieldInfo

from openedx_infra.config.base_stack import BaseStack
from openedx_infra.config.documentation.profile_tables import profiles_markdown
from openedx_infra.config.documentation.schema import IMMUTABLE_NOTE, json_schema
from openedx_infra.config.documentation.type_names import anchor, type_in_words
from openedx_infra.config.errors.key_paths import UNION_KEY, branches, key_of, sections
from openedx_infra.config.foundation.foundation import Foundation
from openedx_infra.config.secrets.catalogue import SECRETS, Secret
from openedx_infra.config.services.model import documented
from openedx_infra.config.types.base import Section
from openedx_infra.config.types.descriptions import descriptions
from openedx_infra.releases import DEFAULT_RELEASE

FOLDER = Path("docs/reference")
"""Where the files belong, from the root of the checkout."""

_HEAD = """\
<!-- Made by `make docs` from openedx_infra/config. Change it there. -->
# Configuration

A stack file, `Pulumi.<stack>.yaml`, describes one Open edX instance. Only `openedx:site.lms_host` is
required; everything else has a default. A key that is not listed here is refused, with a suggestion.

```yaml
# yaml-language-server: $schema=docs/reference/stack.schema.json
config:
  openedx:site:
    lms_host: learn.example.org
```

- A section may be set in part: all other keys keep their defaults.
- Lists, and maps of names that you choose (pools of workers, settings, flags), replace their whole default.
- **immutable** keys can't be changed once data depends on them, unless an operation moves the data.
- CPU is given in thousandths of a core (`250m`) or whole cores (`"2"`), memory and storage in `Ki`, `Mi`,
  `Gi` or `Ti`.
- `openedx-infra check --stack <stack>` finds every fault of a file, and changes nothing.
- What many instances share has a stack of its own, with other keys: [foundation](foundation.md).
"""
_FOUNDATION_HEAD = """\
<!-- Made by `make docs` from openedx_infra/config. Change it there. -->
# Configuration of a foundation

What many instances share has a stack of its own, whose file has `openedx:kind: foundation`. An instance
refers to it by `openedx:foundation`; the keys of instances, and how stack files are written, are in the
[configuration](configuration.md).

```yaml
# yaml-language-server: $schema=docs/reference/foundation.schema.json
config:
  openedx:kind: foundation
```
"""
_SECRETS_HEAD = """
## Secrets

`openedx-infra secrets generate --stack <stack>` writes those that are missing, encrypted by the stack's
secrets provider, as `openedx:secrets.<name>`; `openedx-infra secrets rotate` replaces them, and
`openedx-infra secrets set` sets those that only you know. They are mounted into pods as files, and are in no
ConfigMap, environment variable or command line. Other names are [your own secrets](../secrets.md), to which
the stack file refers by `{secret: <name>}`.

| name | protects | made by | when it is rotated |
|---|---|---|---|
"""


def reference_markdown() -> str:
    """The whole reference of an instance, as Markdown."""
    secrets = "".join(_secret(secret) for secret in SECRETS)
    return _HEAD + _sections(documented()) + _SECRETS_HEAD + secrets


def foundation_markdown() -> str:
    """The whole reference of a foundation, as Markdown."""
    return _FOUNDATION_HEAD + _sections(Foundation)


def _sections(root: type[Section]) -> str:
    occurrences = _occurrences(root).items()
    return "".join("\n" + "\n".join(_section(section, keys)) + "\n" for section, keys in occurrences)


def _occurrences(root: type[Section]) -> dict[type[Section], list[str]]:
    """Every section with the keys that it stands at, each section after the one that holds it."""
    keys: dict[type[Section], list[str]] = {}

    def visit(section: type[Section], location: tuple[str, ...]) -> None:
        keys.setdefault(section, []).append(".".join((key_of(location[:1]), *location[1:])))
        for name, field in section.model_fields.items():
            for inner, further in _inner_sections(field.annotation):
                visit(inner, (*location, name, *further))

    visit(root, ())
    return keys


def _inner_sections(annotation: Any) -> Iterator[tuple[type[Section], tuple[str, ...]]]:
    """Sections under an annotation; those in lists and maps are under an index or a name of your choice."""
    yield from ((section, ()) for section in sections(annotation))
    origin = getattr(annotation, "__origin__", None)
    if origin in (dict, tuple):
        held = annotation.__args__[1 if origin is dict else 0]
        yield from ((section, ("<name>" if origin is dict else "<number>",)) for section in sections(held))


def _section(section: type[Section], keys: list[str]) -> Iterator[str]:
    root = issubclass(section, BaseStack)
    top = root or any("." not in key for key in keys)
    title = "Top-level keys" if root else section.__name__
    yield f'{"##" if top else "###"} <a id="{anchor(section)}"></a>{title}'
    yield ""
    if not root:
        yield f"At {', '.join(f'`{key}`' for key in keys)}{_choice(section)}."
        yield ""
    yield _prose(section.__doc__)
    yield ""
    yield "| key | type | default | meaning |"
    yield "|---|---|---|---|"
    texts = descriptions(section)
    yield from (_row(name, field, texts[name]) for name, field in section.model_fields.items())


def _choice(section: type[Section]) -> str:
    """What chooses this section, where another could stand at the same key."""
    source = section.model_fields.get(UNION_KEY)
    tags = get_args(source.annotation) if source and source.is_required() else ()
    return f", with `{UNION_KEY}: {tags[0]}`" if tags else ""


def _row(name: str, field: FieldInfo, description: str) -> str:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, Mapping) else {}
    meaning = _prose(description) + (
        f" **immutable**: {IMMUTABLE_NOTE.lower()}" if extra.get("immutable") else ""
    )
    if choice := branches(field.annotation):
        meaning += f" Its `source` decides: {', '.join(f'`{tag}`' for tag in choice)}."
    cells = (
        f"`{name}`",
        type_in_words(field.annotation, (*field.metadata, field)),
        _default(field, extra),
        meaning,
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _default(field: FieldInfo, extra: Mapping[str, Any]) -> str:
    if field.is_required():
        return "**required**"
    if "default_text" in extra:
        return f"`{extra['default_text']}`"
    value = _plain(field.default)
    if value is None or value in ({}, []):
        return "-"
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, sort_keys=False)
    return f"`{text.removesuffix('...' + chr(10)).strip()}`"


def _plain(value: Any) -> Any:
    """A default as a stack file would have it; of a section, only what differs from its own defaults."""
    if isinstance(value, Section):
        changed = {
            name: getattr(value, name) for name in type(value).model_fields if name in value.model_fields_set
        }
        return _plain(changed)
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple) else value


def _secret(secret: Secret) -> str:
    maker = "`secrets generate`" if secret.make else "you"
    return f"| `{secret.name}` | {secret.meaning} | {maker} | {secret.rotation} |\n"


def _prose(text: str | None) -> str:
    return " ".join((text or "").split())


def files() -> dict[str, str]:
    """The generated files by their names in `FOLDER`."""
    return {
        "configuration.md": reference_markdown(),
        "foundation.md": foundation_markdown(),
        "profiles.md": profiles_markdown(),
        "stack.schema.json": _json(json_schema()),
        "foundation.schema.json": _json(json_schema(Foundation)),
    }


def _json(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def project_file(text: str) -> str:
    """Pulumi.yaml with the default release, which Pulumi's history has to record."""
    return re.sub(r"(?m)^(  release:\n.*\n    default: ).*$", rf"\g<1>{DEFAULT_RELEASE}", text)


def main() -> None:
    """Write the generated files below the current directory, and the default release into Pulumi.yaml."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    project = Path("Pulumi.yaml")
    project.write_text(project_file(project.read_text(encoding="utf-8")), encoding="utf-8")
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
