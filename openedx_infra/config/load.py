"""Can this stack file be used? From what it says to a model, or to one error that explains every fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from openedx_infra.config.base_stack import BaseStack
from openedx_infra.config.errors.config_error import ConfigError, Fault, faults
from openedx_infra.config.errors.conflict import lies_in
from openedx_infra.config.errors.key_paths import Location, key_of
from openedx_infra.config.errors.messages import said as worded
from openedx_infra.config.stack import SECRETS_KEY, Stack
from openedx_infra.config.stack_kinds import INSTANCE, KIND_KEY, KINDS, D, Kind, kind_in

PLACEHOLDER = "CHANGEME"
"""What example stack files say where only the operator can decide."""
_STAND_IN = "facade00"
"""What stands for it where it is let through: right in host names, and as digits of AWS' ids."""


def describe(stack: str, said: Mapping[str, Any], *, placeholders: bool = False) -> BaseStack:
    """The configuration of a stack of any kind, as its file says it; otherwise as `load`."""
    kind = kind_in(said)
    if kind is None:
        text = f"{worded(said[KIND_KEY])} is not known here: write one of {', '.join(KINDS)}"
        raise ConfigError(stack, [f"{key_of((KIND_KEY,))}: {text}"])
    described: BaseStack = _load(kind, stack, said, placeholders=placeholders)
    return described


def load(stack: str, said: Mapping[str, Any], *, placeholders: bool = False) -> Stack:
    """The configuration of an instance from what its file says under `openedx:`, secrets left out.

    `stack` is its name, `said` maps top-level keys (`site`, `release` …) to their values. With
    `placeholders`, what is still to be decided is let through, as for `destroy`: CHANGEME, and images without
    a digest. Raises ConfigError with every fault.
    """
    return _load(INSTANCE, stack, said, placeholders=placeholders)


def _load(kind: Kind[D], stack: str, said: Mapping[str, Any], *, placeholders: bool) -> D:
    plain: Any = {key: value for key, value in said.items() if key != SECRETS_KEY}
    found = list(_self_references(plain))
    if found:
        raise ConfigError(stack, [fault.line for fault in found])
    if placeholders:
        plain = _filled(plain)
    found = [*_placeholders(kind.name, plain), *_encrypted(plain)]
    model: D | None = None
    try:
        model = _validate(kind, stack, plain)
    except ValidationError as error:
        known = [fault.location for fault in found]
        found += [fault for fault in faults(error, kind.model) if not lies_in(fault.location, known)]
        model = _without(kind, stack, plain, found)
    faulty = [fault.culprit for fault in found]
    lines = [fault.line for fault in found]
    lines += [
        conflict.line
        for conflict in (kind.conflicts(model) if model else ())
        if not conflict.concerns(faulty) and not (placeholders and conflict.undecided)
    ]
    if lines or model is None:
        raise ConfigError(stack, lines)
    return model


def _validate(kind: Kind[D], stack: str, plain: Mapping[str, Any]) -> D:
    return kind.model.model_validate(plain, context={"stack": stack})


def _without(kind: Kind[D], stack: str, plain: Mapping[str, Any], found: list[Fault]) -> D | None:
    """What is left when all that is faulty is taken out, so that the rules on combinations can judge the
    rest."""
    rest = deepcopy(dict(plain))
    for fault in sorted(found, key=lambda fault: [str(part) for part in fault.culprit], reverse=True):
        _remove(rest, fault.culprit)
    for section, least in kind.stand_ins.items():
        rest[section] = {**least, **rest.get(section, {})} if isinstance(least, Mapping) else least
    try:
        return _validate(kind, stack, rest)
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


def _placeholders(kind: str, value: Any, location: Location = ()) -> Iterator[Fault]:
    if isinstance(value, str) and PLACEHOLDER in value:
        line = f"{key_of(location)}: still says {PLACEHOLDER}: write what is right for this {kind}"
        yield Fault(location, location, line)
    for part, inner in _inside(value):
        yield from _placeholders(kind, inner, (*location, part))


def _encrypted(value: Any, location: Location = ()) -> Iterator[Fault]:
    """Encrypted values would end in ConfigMaps, in plain, if they stood anywhere but under the secrets."""
    if isinstance(value, Mapping) and list(value) == ["secure"]:
        rule = f"is encrypted, which only values under {key_of((SECRETS_KEY,))} may be: write it plainly"
        yield Fault(location, location, f"{key_of(location)}: {rule}")
    for part, inner in _inside(value):
        yield from _encrypted(inner, (*location, part))


def _filled(value: Any) -> Any:
    """The same with something in the place of CHANGEME."""
    if isinstance(value, str):
        return value.replace(PLACEHOLDER, _STAND_IN)
    if isinstance(value, Mapping):
        return {key: _filled(inner) for key, inner in value.items()}
    return [_filled(inner) for inner in value] if isinstance(value, list | tuple) else value


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
