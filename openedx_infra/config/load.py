"""Can this stack file be used? From what it says to a Stack, or to one error that explains every fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from openedx_infra.config.combinations import conflicts
from openedx_infra.config.conflict import lies_in
from openedx_infra.config.errors import ConfigError, Fault, faults
from openedx_infra.config.places import Location, key_of
from openedx_infra.config.stack import SECRETS_KEY, Stack

PLACEHOLDER = "CHANGEME"
"""What example stack files say where only the operator can decide."""

_STAND_INS = {"site": {"lms_host": "lms.invalid"}}


def load(stack: str, said: Mapping[str, Any], *, placeholders: bool = False) -> Stack:
    """The configuration of a stack from what its file says under `openedx:`, secrets left out.

    `stack` is its name, `said` maps top-level keys (`site`, `release` …) to their values. With
    `placeholders`, what is still to be decided is let through, as for `destroy`: CHANGEME, and images without
    a digest. Raises ConfigError with every fault.
    """
    plain: Any = {key: value for key, value in said.items() if key != SECRETS_KEY}
    found = list(_self_references(plain))
    if found:
        raise ConfigError(stack, [fault.line for fault in found])
    if placeholders:
        plain = _lowered(plain)
    found = [*_placeholders(plain), *_encrypted(plain)]
    model: Stack | None = None
    try:
        model = _validate(stack, plain)
    except ValidationError as error:
        known = [fault.location for fault in found]
        found += [fault for fault in faults(error, Stack) if not lies_in(fault.location, known)]
        model = _without(stack, plain, found)
    faulty = [fault.culprit for fault in found]
    lines = [fault.line for fault in found]
    lines += [
        conflict.line
        for conflict in (conflicts(model) if model else ())
        if not conflict.concerns(faulty) and not (placeholders and conflict.undecided)
    ]
    if lines or model is None:
        raise ConfigError(stack, lines)
    return model


def _validate(stack: str, plain: Mapping[str, Any]) -> Stack:
    return Stack.model_validate(plain, context={"stack": stack})


def _without(stack: str, plain: Mapping[str, Any], found: list[Fault]) -> Stack | None:
    """What is left when all that is faulty is taken out, so that the rules on combinations can judge the
    rest."""
    rest = deepcopy(dict(plain))
    for fault in sorted(found, key=lambda fault: [str(part) for part in fault.culprit], reverse=True):
        _remove(rest, fault.culprit)
    for section, values in _STAND_INS.items():
        rest[section] = {**values, **rest.get(section, {})}
    try:
        return _validate(stack, rest)
    except ValidationError:
        return None


def _remove(said: Any, location: Location) -> None:
    """Take out what is said at a location; an item of a list takes the whole list with it."""
    *way, last = location
    for part in way:
        if isinstance(said, list):
            return
        inner = said.get(part) if isinstance(said, Mapping) else None
        if isinstance(inner, list | tuple):
            said.pop(part)
            return
        said = inner
    if isinstance(said, dict):
        said.pop(last, None)


def _placeholders(value: Any, location: Location = ()) -> Iterator[Fault]:
    if isinstance(value, str) and PLACEHOLDER in value:
        line = f"{key_of(location)}: still says {PLACEHOLDER}: write what is right for this instance"
        yield Fault(location, location, line)
    for part, inner in _inside(value):
        yield from _placeholders(inner, (*location, part))


def _encrypted(value: Any, location: Location = ()) -> Iterator[Fault]:
    """Encrypted values would end in ConfigMaps, in plain, if they stood anywhere but under the secrets."""
    if isinstance(value, Mapping) and list(value) == ["secure"]:
        rule = f"is encrypted, which only values under {key_of((SECRETS_KEY,))} may be: write it plainly"
        yield Fault(location, location, f"{key_of(location)}: {rule}")
    for part, inner in _inside(value):
        yield from _encrypted(inner, (*location, part))


def _lowered(value: Any) -> Any:
    """The same with CHANGEME in small letters, which are right in host names."""
    if isinstance(value, str):
        return value.replace(PLACEHOLDER, PLACEHOLDER.lower())
    if isinstance(value, Mapping):
        return {key: _lowered(inner) for key, inner in value.items()}
    return [_lowered(inner) for inner in value] if isinstance(value, list | tuple) else value


def _self_references(value: Any, location: Location = (), above: tuple[int, ...] = ()) -> Iterator[Fault]:
    """YAML's anchors can put a list or map into itself; nothing below could end then."""
    if id(value) in above:
        yield Fault(location, location, f"{key_of(location)}: contains itself by an anchor: write it out")
        return
    for part, inner in _inside(value):
        yield from _self_references(inner, (*location, part), (*above, id(value)))


def _inside(value: Any) -> Iterator[tuple[int | str, Any]]:
    if isinstance(value, Mapping):
        yield from ((str(key), inner) for key, inner in value.items())
    elif isinstance(value, list | tuple):
        yield from enumerate(value)
