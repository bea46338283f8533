"""Turns the keys of a stack file into a model, or into one error that explains every fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from openedx_infra.config.base_stack import BaseStack
from openedx_infra.config.errors.config_error import ConfigError, Fault, faults
from openedx_infra.config.errors.conflict import lies_in
from openedx_infra.config.errors.key_paths import Location, key_of
from openedx_infra.config.errors.messages import written
from openedx_infra.config.renamed_keys.reading import FormerKey, former_keys, program_version, renewed
from openedx_infra.config.secrets import references
from openedx_infra.config.secrets.plain_secrets import plain_secrets, proposed_name
from openedx_infra.config.stack import SECRETS_KEY, Stack
from openedx_infra.config.stack_kinds import INSTANCE, KIND_KEY, KINDS, D, Kind, kind_in

PLACEHOLDER = "CHANGEME"
"""Value in example stack files where only the operator can decide."""
_STAND_IN = "facade00"
"""Replaces it where placeholders are accepted: valid in host names, and as digits of AWS' ids."""


@dataclass(frozen=True, kw_only=True)
class Examination:
    """All that is wrong with the keys of a stack file, and what can be judged in spite of it."""

    problems: tuple[str, ...]
    """One line for each fault."""
    stack: BaseStack | None
    """The configuration, with stand-ins for what is undecided, and without what is wrong. None: nothing of it
    is right."""
    whole: bool
    """Whether `stack` has all keys of the file: nothing is wrong but what is undecided."""


def examine(name: str, config: Mapping[str, Any]) -> Examination:
    """As `describe`, but returns the faults, and judges whatever is left."""
    kind = kind_in(config)
    if kind is None:
        return Examination(problems=(_unknown_kind(config),), stack=None, whole=False)
    return _examine(kind, name, config, placeholders=False)


def describe(name: str, config: Mapping[str, Any], *, placeholders: bool = False) -> BaseStack:
    """As `load`, for a stack of any kind."""
    kind = kind_in(config)
    if kind is None:
        raise ConfigError(name, [_unknown_kind(config)])
    stack: BaseStack = _load(kind, name, config, placeholders=placeholders)
    return stack


def _unknown_kind(config: Mapping[str, Any]) -> str:
    text = f"{written(config[KIND_KEY])} is not known here: write one of {', '.join(KINDS)}"
    return f"{key_of((KIND_KEY,))}: {text}"


def load(name: str, config: Mapping[str, Any], *, placeholders: bool = False) -> Stack:
    """The instance called `name`, from its file's keys under `openedx:`, secrets left out.

    `config` maps top-level keys (`site`, `release` …) to their values. With `placeholders`, undecided values
    are accepted, as for `destroy`: CHANGEME, and images without a digest. Raises ConfigError with every
    fault.
    """
    return _load(INSTANCE, name, config, placeholders=placeholders)


def _load(kind: Kind[D], name: str, config: Mapping[str, Any], *, placeholders: bool) -> D:
    found = _examine(kind, name, config, placeholders=placeholders)
    if found.problems or not isinstance(found.stack, kind.model):
        raise ConfigError(name, found.problems)
    return found.stack


def _examine(kind: Kind[D], name: str, config: Mapping[str, Any], *, placeholders: bool) -> Examination:
    plain: Any = {key: value for key, value in config.items() if key != SECRETS_KEY}
    if cycles := list(_self_references(plain)):
        return Examination(problems=tuple(fault.line for fault in cycles), stack=None, whole=False)
    former = former_keys(plain, kind.name)
    plain = renewed(plain, former)
    undecided = [] if placeholders else list(_placeholders(kind.name, plain))
    plain = _filled(plain)
    wrong = [*_no_longer_read(former, name), *_encrypted(plain, name)]
    if kind is INSTANCE:
        wrong += references.faults(plain)
    if not placeholders:  # an instance whose file holds one already can still be destroyed
        wrong += plain_secrets(plain, name)
    judged = [fault.location for fault in wrong]
    undecided = [fault for fault in undecided if not lies_in(fault.location, judged)]
    form, unusable = kind.form(plain)
    wrong += unusable
    model: D | None = None
    whole = not wrong
    try:
        model = _validate(form, name, plain)
    except ValidationError as error:
        whole = False
        explained = [fault.location for fault in (*undecided, *wrong)]
        found = faults(error, form)
        wrong += [fault for fault in found if not lies_in(fault.location, explained)]
        model = _valid_part(kind, form, name, plain, [*wrong, *found])
    faulty = [fault.culprit for fault in (*undecided, *wrong)]
    conflicts = [
        conflict
        for conflict in (kind.conflicts(model) if model else ())
        if not conflict.concerns(faulty) and not (placeholders and conflict.undecided)
    ]
    lines = [*(fault.line for fault in (*undecided, *wrong)), *(conflict.line for conflict in conflicts)]
    if not placeholders:
        lines = [*_name_faults(name), *lines]
    whole = whole and all(conflict.undecided for conflict in conflicts)
    return Examination(problems=tuple(lines), stack=model, whole=whole)


def _no_longer_read(former: Sequence[FormerKey], name: str) -> Iterator[Fault]:
    if former:
        program = program_version()
        yield from (each.fault(name) for each in former if each.refused(program))


def _name_faults(name: str) -> Iterator[str]:
    """A stack's name is a label of all its objects, by which their selectors know each other."""
    if not re.fullmatch(_LABEL_VALUE, name):
        yield (
            f"the stack's name: {name} is no value of a Kubernetes label: name the stack, and its file "
            "Pulumi.NAME.yaml, with at most 63 letters, digits, hyphens, dots and underscores, and a letter "
            "or digit at both ends"
        )


_LABEL_VALUE = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"


def _validate(form: type[D], name: str, plain: Mapping[str, Any]) -> D:
    return form.model_validate(plain, context={"stack": name})


def _valid_part(
    kind: Kind[D], form: type[D], name: str, plain: Mapping[str, Any], problems: list[Fault]
) -> D | None:
    """The model without the faulty keys, so that rules on combinations can judge the rest."""
    rest = deepcopy(dict(plain))
    for fault in sorted(problems, key=lambda fault: [str(part) for part in fault.culprit], reverse=True):
        _remove(rest, fault.culprit)
    for section, least in kind.stand_ins.items():
        rest[section] = {**least, **rest.get(section, {})} if isinstance(least, Mapping) else least
    try:
        return _validate(form, name, rest)
    except ValidationError:
        return None


def _remove(config: Any, location: Location) -> None:
    """Remove the value at a location; for an item of a list, the whole list."""
    *path, last = location
    for part in path:
        if isinstance(config, list):
            return
        inner = config.get(part) if isinstance(config, Mapping) else None
        if isinstance(inner, list | tuple):
            config.pop(part)
            return
        config = inner
    if isinstance(config, dict):
        config.pop(last, None)


def _placeholders(kind: str, value: Any, location: Location = ()) -> Iterator[Fault]:
    if isinstance(value, str) and PLACEHOLDER in value:
        line = f"{key_of(location)}: still says {PLACEHOLDER}: write what is right for this {kind}"
        yield Fault(location, location, line)
    for part, inner in _inside(value):
        yield from _placeholders(kind, inner, (*location, part))


def _encrypted(value: Any, stack: str, location: Location = ()) -> Iterator[Fault]:
    """Encrypted values anywhere but under the secrets would end up in ConfigMaps, unencrypted."""
    if isinstance(value, Mapping) and list(value) == ["secure"]:
        rule = f"is encrypted, which only values under {key_of((SECRETS_KEY,))} may be: "
        line = f"{key_of(location)}: {rule}{_instead_of_encrypted(location, stack)}"
        yield Fault(location, location, line)
    for part, inner in _inside(value):
        yield from _encrypted(inner, stack, (*location, part))


def _instead_of_encrypted(location: Location, stack: str) -> str:
    if references.within(location, references.READABLE) is None:
        return "write it plainly"
    name = proposed_name(location)
    return f"run `openedx-infra secrets set {name} --stack {stack}`, and write `{{secret: {name}}}` here"


def _filled(value: Any) -> Any:
    """The value with CHANGEME replaced."""
    if isinstance(value, str):
        return value.replace(PLACEHOLDER, _STAND_IN)
    if isinstance(value, Mapping):
        return {key: _filled(inner) for key, inner in value.items()}
    return [_filled(inner) for inner in value] if isinstance(value, list | tuple) else value


def _self_references(value: Any, location: Location = (), above: tuple[int, ...] = ()) -> Iterator[Fault]:
    """YAML's anchors can put a list or map into itself, which would make every other check endless."""
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
