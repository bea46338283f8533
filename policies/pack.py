"""The rules as a CrossGuard pack of Pulumi: `pulumi up --policy-pack policies`.

The same functions as `openedx-infra check` has, on what the engine is about to send. Two rules need the
program itself, and stay with `check`: that Secrets are marked as secret (the engine hands packs all values
bare), and that no value of a secret stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from policies import aws, pods, rules
from policies.objects import Object, title

NAME = "openedx"
"""Name of the pack."""

Properties = Callable[[str, Mapping[str, Any]], Iterator[str]]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A resource as the engine knows it."""

    type: str
    name: str
    urn: str
    parent: str
    props: Mapping[str, Any]
    provider: str
    protect: bool


def main() -> None:
    """Serve all rules to the engine that started this process, until it ends it."""
    PolicyPack(name=NAME, policies=[*policies()], enforcement_level=EnforcementLevel.MANDATORY)


def policies() -> Iterator[ResourceValidationPolicy | StackValidationPolicy]:
    """Each rule as a policy of its own, which a configuration of the pack may relax by its name."""
    for rule in (*rules.OBJECT_RULES, pods.digested_images):
        yield _over_each(rule.__name__, rule.__doc__, _of_object(rule))
    for properties in (*rules.PROPERTY_RULES, aws.undeletable, rules.renewable):
        yield _over_each(properties.__name__, properties.__doc__, _of_properties(properties))
    for resource_rule in (rules.protected, rules.addressed):
        yield _over_each(resource_rule.__name__, resource_rule.__doc__, resource_rule)
    for relation in rules.RELATION_RULES:
        yield _over_all(relation.__name__, relation.__doc__, _of_objects(relation))
    for bucket_rule in rules.BUCKET_RULES:
        yield _over_all(bucket_rule.__name__, bucket_rule.__doc__, _of_resources(bucket_rule))


def _over_each(
    name: str, meaning: str | None, rule: Callable[[Seen], Iterator[str]]
) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for text in rule(_before(args)):
            report(text, None)

    return ResourceValidationPolicy(_dashed(name), _prose(meaning), validate)


def _over_all(
    name: str, meaning: str | None, rule: Callable[[Sequence[Seen]], Iterator[tuple[str, str]]]
) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for urn, text in rule([_after(resource) for resource in args.resources]):
            report(text, urn)

    return StackValidationPolicy(_dashed(name), _prose(meaning), validate)


def _of_object(rule: Callable[[Object], Iterator[str]]) -> Callable[[Seen], Iterator[str]]:
    return lambda seen: rule(seen.props) if _is_object(seen) else iter(())


def _of_properties(rule: Properties) -> Callable[[Seen], Iterator[str]]:
    return lambda seen: rule(seen.type, seen.props)


def _of_objects(
    rule: Callable[[Sequence[Object]], Iterator[tuple[Object, str]]],
) -> Callable[[Sequence[Seen]], Iterator[tuple[str, str]]]:
    def complaints(resources: Sequence[Seen]) -> Iterator[tuple[str, str]]:
        objects = {title(seen.props): seen for seen in resources if _is_object(seen)}
        for obj, text in rule([seen.props for seen in objects.values()]):
            yield objects[title(obj)].urn, text

    return complaints


def _of_resources(
    rule: Callable[[Sequence[Any]], Any],
) -> Callable[[Sequence[Seen]], Iterator[tuple[str, str]]]:
    return lambda resources: ((seen.urn, text) for seen, text in rule(resources))


def _is_object(seen: Seen) -> bool:
    """Whether it is a whole object: a patch says some fields of one once more."""
    return seen.type.startswith("kubernetes:") and not seen.type.endswith("Patch") and "kind" in seen.props


def _before(args: ResourceValidationArgs) -> Seen:
    return Seen(
        type=args.resource_type,
        name=args.name,
        urn=args.urn,
        parent=args.opts.parent or "",
        props=args.props,
        provider=args.provider.urn if args.provider else "",
        protect=args.opts.protect,
    )


def _after(resource: Any) -> Seen:
    return Seen(
        type=resource.resource_type,
        name=resource.name,
        urn=resource.urn,
        parent=resource.parent.urn if resource.parent else "",
        props=resource.props,
        provider=resource.provider.urn if resource.provider else "",
        protect=resource.opts.protect,
    )


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _prose(text: str | None) -> str:
    return " ".join((text or "").split())
