"""Hypothesis strategies for stack files, made from the models."""

from __future__ import annotations

from collections.abc import Hashable
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import annotated_types
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from openedx_infra.config.errors.key_paths import branches, sections
from openedx_infra.config.sections.mail import MailSmtp
from openedx_infra.config.sections.network import ProxyException
from openedx_infra.config.sections.site import TimeZone
from openedx_infra.config.sizing.sizing import Resources, Sizing, WorkerPool
from openedx_infra.config.stack import ReleaseName
from openedx_infra.config.types.addresses import Cidr
from openedx_infra.config.types.base import Distinct, Section, Setting
from openedx_infra.config.types.hosts import Email, Hostname
from openedx_infra.config.types.patterns import Pattern
from openedx_infra.config.types.quantities import Quantity, memory_bytes
from openedx_infra.config.types.secret_references import OrSecret, SecretReference
from openedx_infra.releases import DEFAULT_RELEASE, RELEASES

MEMORY = st.builds("{}{}".format, st.integers(16, 4096), st.sampled_from(["Mi", "Gi"]))
CPU = st.integers(1, 10**6).map("{}m".format) | st.integers(1, 1024).map(str)
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?", fullmatch=True)
TOP = st.sampled_from(["org", "edu", "xn--p1ai", "co.uk"])
HOSTS = st.builds(lambda labels, top: ".".join((*labels, top)), st.lists(LABELS, min_size=1, max_size=4), TOP)

SETTINGS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
"""Whatever a Django setting may be."""

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.dates()
    | st.sampled_from(["CHANGEME", "in-cluster", "none", "secret", "smtp", "1Gi", "a.example.org"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=8) | st.integers(0, 3) | st.sampled_from(["source", "secure"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
"""Whatever YAML may say, sensible or not."""


_SECTIONS = 8
"""The most sections of one example, besides those that each file has."""

_MARKED = {
    get_args(Hostname)[1]: HOSTS,
    get_args(Email)[1]: st.builds(
        "{}@{}".format, st.from_regex(r"[A-Za-z0-9.+-]{1,20}", fullmatch=True), HOSTS
    ),
    get_args(Cidr)[1]: st.ip_addresses().map(lambda address: f"{address}/{address.max_prefixlen}"),
    get_args(ProxyException)[1]: HOSTS | st.ip_addresses().map(str) | st.sampled_from([".org", "10.0.0.0/8"]),
    get_args(TimeZone)[1]: st.sampled_from(["UTC", "Europe/Zurich", "America/Argentina/Buenos_Aires"]),
    get_args(ReleaseName)[1]: st.sampled_from(sorted(RELEASES)),
    get_args(Setting)[1]: SETTINGS,
}
"""Values of annotations whose rule is no pattern, by their mark."""


def _of(annotation: Any, marks: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    """What may be said for an annotation of the models."""
    if (marked := _marked(marks)) is not None:
        return marked
    if branches(annotation):
        return st.one_of(*(_section(branch, tag) for tag, branch in branches(annotation).items()))
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of(arguments[0], (*arguments[1:], *marks))
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return _section(annotation)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        least = next((mark.min_length for mark in marks if isinstance(mark, annotated_types.MinLen)), 0)
        unique = repr if Distinct in marks else None
        return st.lists(_of(arguments[0]), min_size=least, max_size=3, unique_by=unique)
    if origin is dict:
        return st.dictionaries(_of(arguments[0]), _of(arguments[1]), min_size=_least(marks), max_size=2)
    if origin:
        return st.one_of(*(st.none() if member is NoneType else _of(member, marks) for member in arguments))
    return _plain(annotation, marks)


def _marked(marks: tuple[Any, ...]) -> st.SearchStrategy[Any] | None:
    """What may be said where a mark alone decides."""
    for mark in marks:
        if isinstance(mark, Hashable) and mark in _MARKED:
            return _MARKED[mark]
        if isinstance(mark, OrSecret):
            return _of(mark.plain) | _section(SecretReference)
    return None


def _plain(annotation: Any, marks: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if annotation is Any:
        return SETTINGS
    flat = [inner for mark in marks for inner in (mark.metadata if isinstance(mark, FieldInfo) else [mark])]
    for mark in flat:
        if isinstance(mark, Quantity):
            return MEMORY if mark.amount is memory_bytes else CPU
        if isinstance(mark, Pattern):
            return st.from_regex(mark.regex, fullmatch=True)
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        low = next((mark.ge for mark in flat if isinstance(mark, annotated_types.Ge)), 0)
        high = next((mark.le for mark in flat if isinstance(mark, annotated_types.Le)), 10**6)
        return st.integers(low, high)
    assert annotation is str, annotation
    return st.text(min_size=_least(tuple(flat)), max_size=200)


def _least(marks: tuple[Any, ...]) -> int:
    return next((mark.min_length for mark in marks if isinstance(mark, annotated_types.MinLen)), 0)


def _section(section: type[Section], source: str | None = None) -> st.SearchStrategy[dict[str, Any]]:
    if issubclass(section, Resources):
        return _resources(section)
    if section is Sizing:
        return _sizing()
    if section is MailSmtp:
        return st.builds(_smtp, HOSTS, st.sampled_from([("tls", 465), ("starttls", 25), ("starttls", 587)]))
    needed, optional = {}, {}
    for name, field in section.model_fields.items():
        strategy = _of(field.annotation, tuple(field.metadata))
        (needed if field.is_required() else optional)[name] = strategy
    if source:
        needed["source"] = st.just(source)
        optional.pop("source", None)
    return st.fixed_dictionaries(needed, optional=optional)


def _resources(section: type[Resources]) -> st.SearchStrategy[dict[str, Any]]:
    sizes = st.lists(st.sampled_from(["1Gi", "1536Mi", "3Gi", "4096Mi", "1Ti"]), min_size=2, max_size=2)
    fields = {
        name: _of(field.annotation, tuple(field.metadata))
        for name, field in section.model_fields.items()
        if name not in Resources.model_fields and name not in ("queues", "autoscaling")
    }
    if "replicas" in fields:
        fields["replicas"] = st.integers(1, 8)
    if "grace_seconds" in fields:
        fields["grace_seconds"] = st.integers(30, 3600)

    def with_memory(said: dict[str, Any], pair: list[str]) -> dict[str, Any]:
        low, high = sorted(pair, key=memory_bytes)
        return {**said, "memory": low, "memory_limit": high}

    limits = {"cpu": st.sampled_from(["100m", "1"]), "cpu_limit": st.sampled_from([None, "1", "2500m"])}
    return st.builds(with_memory, st.fixed_dictionaries({}, optional={**fields, **limits}), sizes)


def _pools(queues: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)
    pool = _resources(WorkerPool)
    return st.dictionaries(names, pool, min_size=1, max_size=3).map(
        lambda pools: {name: {**said, "queues": list(queues)} for name, said in pools.items()}
    )


def _sizing() -> st.SearchStrategy[dict[str, Any]]:
    fields = {
        name: _section(next(sections(field.annotation)))
        for name, field in Sizing.model_fields.items()
        if not name.endswith("_workers") and name != "profile"
    }
    fields["lms_workers"] = _pools(RELEASES[DEFAULT_RELEASE].lms_queues)
    fields["studio_workers"] = _pools(RELEASES[DEFAULT_RELEASE].studio_queues)
    return st.fixed_dictionaries({}, optional=fields)


def _smtp(host: str, way: tuple[str, int]) -> dict[str, Any]:
    return {"source": "smtp", "host": host, "security": way[0], "port": way[1], "username": "campus"}


def said_for(model: type[Section]) -> st.SearchStrategy[dict[str, Any]]:
    """What an operator may rightly say for a model, but for some combinations that rules forbid.

    A file has some sections of a stack and never all: an example with all is larger than Hypothesis allows,
    and hardly one such meets all rules.
    """
    if len(model.model_fields) <= _SECTIONS:
        return _section(model)
    strategies = {
        name: _of(each.annotation, tuple(each.metadata)) for name, each in model.model_fields.items()
    }
    needed = {name for name, each in model.model_fields.items() if each.is_required()}
    optional = st.lists(st.sampled_from(sorted(strategies.keys() - needed)), unique=True, max_size=_SECTIONS)
    return optional.flatmap(
        lambda names: st.fixed_dictionaries({name: strategies[name] for name in sorted({*needed, *names})})
    )
