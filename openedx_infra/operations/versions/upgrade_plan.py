"""What stands between an instance and its next release, by values of both releases and facts of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from openedx_infra.config import Stack
from openedx_infra.config.images.builds import MfeBuild, OpenedxBuild
from openedx_infra.config.images.images import Reference
from openedx_infra.config.images.sources import Folder
from openedx_infra.releases import Release
from openedx_infra.releases.steps import HeavyMigration

Rank = Literal["blocker", "before", "during", "after", "unknown"]
HEADINGS: Mapping[Rank, str] = {
    "blocker": "Blockers",
    "before": "Before",
    "unknown": "Could not be asked",
    "during": "During the upgrade",
    "after": "Afterwards",
}
"""Headings by rank, in the order in which they are printed."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing to know or to do."""

    rank: Rank
    text: str
    """What it is."""
    remedy: str = ""
    """What to do about it. Empty: nothing."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the running instance answered. None, or empty: it could not be asked."""

    databases: Mapping[str, Any] | None
    """The answer of `scripts/in_platform/upgrade_facts.py`."""
    backup_hours: float | None
    """Hours since the newest backup that the cluster knows to be complete. None: there is none."""
    free_bytes: int | None
    """Free bytes of MySQL's volume, where the instance runs the server."""
    unmoved_courses: Sequence[str] | None
    """Courses whose discussions only MongoDB has, where the release that is left can read MongoDB."""


STALE_HOURS = 26
"""Age of a backup from which another one is asked for: a nightly one and two hours (a guess)."""


def plan(
    stack: Stack, values: Mapping[str, Any], before: Release, target: Release, facts: Facts
) -> list[Item]:
    """All items of an upgrade from `before` to `target`, blockers first.

    `stack` and `values`: the stack as it is now, and the keys of its file.
    """
    items = [
        *_backups(stack, facts),
        *_discussions(stack, before, target, facts),
        *_databases(stack, target, facts),
        *_image(stack, target),
        *_settings(values, before, target),
        *_frontends(before, target),
        *_commands(stack, target),
    ]
    order = list(HEADINGS)
    return sorted(items, key=lambda item: order.index(item.rank))


def minutes(rows: int, migration: HeavyMigration) -> int:
    """Minutes that a migration takes for so many rows, at least one."""
    return max(1, math.ceil(rows / migration.rows_per_second / 60))


def _backups(stack: Stack, facts: Facts) -> Iterator[Item]:
    if stack.backups is None:
        yield Item(
            rank="blocker",
            text="the stack has no backups, and there is no other way back",
            remedy="set openedx:backups, run `up`, then `backup` and `verify` (docs/backups.md)",
        )
    elif facts.backup_hours is None or facts.backup_hours > STALE_HOURS:
        age = "none" if facts.backup_hours is None else f"the newest is {facts.backup_hours:.0f} hours old"
        yield Item(
            rank="blocker",
            text=f"the cluster has no record of a complete backup of the last {STALE_HOURS} hours: {age}",
            remedy=f"run `openedx-infra backup --stack {stack.name}`, and `verify` to test it",
        )
    if stack.backups and not stack.backups.before_upgrade:
        yield Item(
            rank="before",
            text="openedx:backups.before_upgrade is false: `up` makes no backup of the databases first",
            remedy="set it to true for the upgrade",
        )


def _discussions(stack: Stack, before: Release, target: Release, facts: Facts) -> Iterator[Item]:
    if not before.forum_in_mongodb or target.forum_in_mongodb:
        return
    if facts.unmoved_courses is None:
        yield Item(
            rank="unknown",
            text="whether discussions are in MongoDB only",
            remedy=f"run `openedx-infra forum status --stack {stack.name}` when the LMS is ready",
        )
    elif facts.unmoved_courses:
        yield Item(
            rank="blocker",
            text=f"discussions of {len(facts.unmoved_courses)} courses are in MongoDB, which the forum of "
            f"{target.name} doesn't read: {', '.join(facts.unmoved_courses[:3])}",
            remedy=f"run `openedx-infra forum migrate --stack {stack.name}`, which copies and compares them",
        )


def _databases(stack: Stack, target: Release, facts: Facts) -> Iterator[Item]:
    answer = facts.databases
    if answer is None:
        yield Item(
            rank="unknown",
            text="tables, applied migrations, and versions of MySQL and MongoDB",
            remedy="run the plan again when a pod of the LMS is ready: "
            f"`openedx-infra status --stack {stack.name}`",
        )
        return
    for migration in target.heavy_migrations:
        yield from _migration(migration, answer)
    old = [name for name, table in answer["tables"].items() if not _is_utf8mb4(table["collation"])]
    if old:
        yield Item(
            rank="before",
            text=f"{len(old)} tables are not utf8mb4, such as {', '.join(sorted(old)[:3])}: a foreign key "
            "between tables of two charsets fails",
            remedy="convert them while the site is stopped; it locks each table and copies it",
        )
    if answer["old_passwords"]:
        yield Item(
            rank="before",
            text="accounts of MySQL use mysql_native_password, which 8.4 leaves off and 9 doesn't have: "
            + ", ".join(answer["old_passwords"]),
            remedy="ALTER USER … IDENTIFIED WITH caching_sha2_password",
        )
    yield from _compatibility(answer["mongodb"])
    yield from _room(stack, answer, facts)


def _migration(migration: HeavyMigration, answer: Mapping[str, Any]) -> Iterator[Item]:
    beginning = f"{migration.app}.{migration.prefix}"
    table = answer["tables"].get(migration.table)
    if table is None or any(name.startswith(beginning) for name in answer["migrations"]):
        return
    lock = "nobody may be able to write to it meanwhile" if migration.locks else "it doesn't lock the table"
    yield Item(
        rank="during",
        text=f"migration {beginning}* works on {migration.table}: {table['rows']} rows, "
        f"about {minutes(table['rows'], migration)} min; {lock} ({migration.source})",
    )
    same = answer["duplicates"].get(f"{migration.table}.{migration.unique}") or []
    if same:
        yield Item(
            rank="blocker",
            text=f"migration {beginning}* fails: values of {migration.table}.{migration.unique} differ "
            f"only in capitals and small letters: {', '.join(same)}",
            remedy=migration.remedy,
        )


def _compatibility(mongodb: Mapping[str, Any]) -> Iterator[Item]:
    version, compatibility = mongodb["version"], mongodb["compatibility"]
    if version is None or compatibility is None:
        yield Item(
            rank="unknown",
            text="MongoDB's featureCompatibilityVersion: the platform's user may not read it",
            remedy="in `openedx-infra mongo`: "
            "db.adminCommand({getParameter: 1, featureCompatibilityVersion: 1})",
        )
        return
    series = ".".join(version.split(".")[:2])
    if compatibility != series:
        yield Item(
            rank="before",
            text=f"MongoDB {version} keeps its data compatible with {compatibility}: the next major release "
            "doesn't open that",
            remedy=f'in `openedx-infra mongo`: db.adminCommand({{setFeatureCompatibilityVersion: "{series}", '
            "confirm: true})",
        )


def _room(stack: Stack, answer: Mapping[str, Any], facts: Facts) -> Iterator[Item]:
    """Changing a table may copy it: so much must be free as the largest one takes."""
    if not answer["tables"]:
        return
    name, table = max(answer["tables"].items(), key=lambda each: int(each[1]["bytes"]))
    total = sum(each["bytes"] for each in answer["tables"].values())
    yield Item(
        rank="during",
        text=f"MySQL {answer['mysql']} holds {total / 2**30:.1f} GiB; the largest table is {name} with "
        f"{table['bytes'] / 2**30:.1f} GiB and {table['rows']} rows",
    )
    if facts.free_bytes is not None and facts.free_bytes < table["bytes"]:
        yield Item(
            rank="blocker",
            text=f"MySQL's volume has {facts.free_bytes / 2**30:.1f} GiB free, and a migration of {name} may "
            f"copy its {table['bytes'] / 2**30:.1f} GiB",
            remedy="increase openedx:datastores.mysql.size, where the StorageClass allows volume expansion",
        )


def _is_utf8mb4(collation: str | None) -> bool:
    return collation is None or collation.startswith("utf8mb4")


def _image(stack: Stack, target: Release) -> Iterator[Item]:
    for name in ("openedx", "mfe"):
        image = getattr(stack.images, name)
        if isinstance(image, Reference):
            yield Item(
                rank="before",
                text=f"openedx:images.{name} names an image of your own: it must be one of {target.name}",
                remedy=f"build it from {target.ref}, and write its reference together with the release",
            )
        elif _has_own_code(image):
            yield Item(
                rank="before",
                text=f"openedx:images.{name} is built from code or patches of your own",
                remedy=f"move your changes to {target.ref}, and name that ref together with the release",
            )
    requirements = getattr(stack.images.openedx, "requirements", ())
    if requirements:
        yield Item(
            rank="unknown",
            text=f"whether your requirements fit {target.name} (Python {target.python}): "
            f"{', '.join(map(str, requirements))}; the package index was not asked",
            remedy="set the release in a copy of the stack file, and build: "
            f"`openedx-infra images build --stack {stack.name} --config-file COPY`",
        )


def _has_own_code(image: object) -> bool:
    """Whether an image is built from somebody's own code or patches."""
    if isinstance(image, OpenedxBuild):
        code = image.platform
        return isinstance(code, Folder) or bool(code.repository or code.ref or image.patches)
    return isinstance(image, MfeBuild) and bool(image.mfes or image.patches)


def _settings(values: Mapping[str, Any], before: Release, target: Release) -> Iterator[Item]:
    gone = target.unknown_settings - before.unknown_settings
    places: dict[str, Any] = dict(values.get("settings") or {})
    found = [
        f"openedx:settings.{place}.{name}"
        for place, keys in sorted(places.items())
        if isinstance(keys, Mapping)
        for name in sorted(gone & keys.keys())
    ]
    flags = (values.get("features") or {}).get("flags") or {}
    found += [f"openedx:features.flags.{name}" for name in sorted(gone & flags.keys())]
    if found:
        yield Item(
            rank="before",
            text=f"{target.name} doesn't read {', '.join(found)}",
            remedy="take the keys out together with the change of the release",
        )


def _frontends(before: Release, target: Release) -> Iterator[Item]:
    gone = [name for name in before.mfe_names if name not in target.mfe_names]
    new = [name for name in target.mfe_names if name not in before.mfe_names]
    if gone:
        yield Item(rank="during", text=f"micro-frontends that go: {', '.join(gone)}")
    if new:
        yield Item(rank="during", text=f"micro-frontends that come: {', '.join(new)}")


def _commands(stack: Stack, target: Release) -> Iterator[Item]:
    for each in target.upgrade_commands:
        yield Item(
            rank=each.when,
            text=each.why,
            remedy=f"run `openedx-infra {each.command} --stack {stack.name}`",
        )
