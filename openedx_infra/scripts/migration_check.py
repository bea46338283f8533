"""Judges whether earlier code works with the migrations since. Piped into `manage.py lms shell`, then into
`manage.py cms shell`.

Each migration that was applied since is judged by its operations, as this image knows it. A table or a
column that may be empty is nothing to code that doesn't know it. What takes something away, demands more, or
runs code of its own is held for a breach: a wrong yes costs data, a wrong no costs somebody's reading.

Environment: SINCE (ISO 8601, with its zone), FOUND (a file in which the first of the two tells the second
which migrations are none of its own). Ends with code 3 when there is a breach.
"""

import json
import os
import sys
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.db.migrations import operations as django
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

BREACH = 3
HARMLESS = (
    django.CreateModel,
    django.AddIndex,
    django.RemoveIndex,
    django.RenameIndex,
    django.RemoveConstraint,
    django.AlterModelOptions,
    django.AlterModelManagers,
    django.AlterModelTableComment,
    django.AlterIndexTogether,
)
LOSSES = {
    django.DeleteModel: "takes a table away",
    django.RemoveField: "takes a column away",
    django.RenameField: "renames a column",
    django.RenameModel: "renames a table",
    django.AlterModelTable: "renames a table",
    django.AddConstraint: "refuses rows that code of before may write",
    django.AlterUniqueTogether: "may refuse rows that code of before may write",
    django.AlterOrderWithRespectTo: "adds a column that code of before doesn't fill",
}
WIDER = {
    ("AutoField", "BigAutoField"),
    ("SmallIntegerField", "IntegerField"),
    ("SmallIntegerField", "BigIntegerField"),
    ("IntegerField", "BigIntegerField"),
    ("PositiveSmallIntegerField", "PositiveIntegerField"),
    ("PositiveIntegerField", "PositiveBigIntegerField"),
    ("CharField", "TextField"),
}


def breach(operation, app, state):
    """Why code of before can't live with an operation; None: it can."""
    if isinstance(operation, HARMLESS):
        return None
    if isinstance(operation, django.AddField):
        return None if fills_itself(operation.field) else "adds a column that code of before doesn't fill"
    if isinstance(operation, django.AlterField):
        return narrowed(operation, app, state)
    if isinstance(operation, django.AlterUniqueTogether) and not operation.unique_together:
        return None
    if isinstance(operation, django.RunPython):
        noop = operation.code is django.RunPython.noop
        return None if noop else "runs code of its own, which somebody has to read"
    if isinstance(operation, django.RunSQL):
        return None if operation.sql in ("", [], ()) else "runs SQL of its own, which somebody has to read"
    losses = [why for kind, why in LOSSES.items() if isinstance(operation, kind)]
    return losses[0] if losses else "is no operation of Django's own, which somebody has to read"


def fills_itself(field):
    """Whether a row can be written by somebody who doesn't know the field."""
    has_default = getattr(field, "has_db_default", lambda: False)()
    return field.null or has_default or field.many_to_many or getattr(field, "generated", False)


def narrowed(operation, app, state):
    """A column may hold more than before, and must not hold less."""
    if state is None:
        return "changes a column, and how it was before is not known"
    before = state.models[app, operation.model_name_lower].fields[operation.name]
    after = operation.field
    kinds = before.get_internal_type(), after.get_internal_type()
    if kinds[0] != kinds[1] and kinds not in WIDER:
        return f"makes a {kinds[1]} of a {kinds[0]}"
    if before.null and not after.null:
        return "refuses empty values, which code of before may write"
    if after.unique and not before.unique:
        return "refuses equal values, which code of before may write"
    if kinds[0] == kinds[1] and shrinks(before, after):
        return "makes a column narrower"
    return None if before.db_column == after.db_column else "renames a column"


def shrinks(before, after):
    """Whether less goes into a column of the same kind, or it refers to something else."""
    sizes = ("max_length", "max_digits", "decimal_places")
    pairs = [(getattr(before, size, None), getattr(after, size, None)) for size in sizes]
    related = [str(getattr(each.remote_field, "model", None)).lower() for each in (before, after)]
    return any(old and new and new < old for old, new in pairs) or related[0] != related[1]


def flat(operations):
    """What is done to the database, without what only the models' own books tell."""
    for operation in operations:
        if isinstance(operation, django.SeparateDatabaseAndState):
            yield from flat(operation.database_operations)
        else:
            yield operation


def judged(loader, migration):
    """The breaches of a migration: what it does, and why that is one."""
    key = (migration.app_label, migration.name)
    try:
        state = loader.project_state(key, at_end=False)
    except Exception:  # a replaced migration, which the books lead no way to
        state = None
    for operation in flat(migration.operations):
        if why := breach(operation, migration.app_label, state):
            yield operation.describe(), why
        if state is not None:
            operation.state_forwards(migration.app_label, state)


def applied_since(since):
    """Names of migrations by application, in the order in which they came."""
    names = {}
    for alias in settings.DATABASES:
        recorder = MigrationRecorder(connections[alias])
        if alias != "read_replica" and recorder.has_table():
            rows = recorder.migration_qs.filter(applied__gt=since).order_by("id")
            names.update(dict.fromkeys(rows.values_list("app", "name")))
    return list(names)


def main():
    """Judge what came since, or what the first site left to the second."""
    handed_on = Path(os.environ["FOUND"])
    first = not handed_on.exists()
    keys = applied_since(datetime.fromisoformat(os.environ["SINCE"])) if first else []
    counted = {"judged": 0, "breaches": 0} if first else {}
    if not first:
        rest = json.loads(handed_on.read_text())
        keys, counted = [tuple(key) for key in rest["keys"]], rest["counted"]
    loader = MigrationLoader(connections["default"])
    unknown = []
    for key in keys:
        if key not in loader.disk_migrations:
            unknown.append(key)
            continue
        counted["judged"] += 1
        for what, why in judged(loader, loader.disk_migrations[key]):
            counted["breaches"] += 1
            print(f"{key[0]}.{key[1]}: {what}: it {why}", flush=True)
    if first:
        handed_on.write_text(json.dumps({"keys": unknown, "counted": counted}))
    else:
        conclude(unknown, counted)


def conclude(unknown, counted):
    """Say what neither site knows, and the sum."""
    for app, name in unknown:
        counted["breaches"] += 1
        print(f"{app}.{name}: this image doesn't know it, so nobody can tell what it did", flush=True)
    total = counted["judged"] + len(unknown)
    print(f"migration_check: {total} migrations since {os.environ['SINCE']}, {counted['breaches']} breaches")
    if counted["breaches"]:
        sys.exit(BREACH)


main()
