"""A plan of an upgrade has blockers first, each with a remedy, and admits what could not be asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from samples import LEAST

from openedx_infra.config import Stack, load
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.versions import show_plan, upgrade_facts
from openedx_infra.operations.versions.upgrade_plan import Facts, Item, minutes, plan
from openedx_infra.releases import RELEASES

ULMO, VERAWOOD, MASTER = (RELEASES[name] for name in ("ulmo", "verawood", "master"))
HEAVY = VERAWOOD.heavy_migrations[0]
DESTINATION = {"endpoint": "https://s3.example.net", "region": "eu", "bucket": "campus-backups"}
BACKED_UP = {"backups": {"destination": DESTINATION}}
GIB = 2**30


def answer(**changes: Any) -> dict[str, Any]:
    """What the databases of a small Ulmo answer."""
    table = {"rows": 3, "bytes": 16384, "collation": "utf8mb4_bin"}
    return {
        "mysql": "8.4.0",
        "tables": {HEAVY.table: table, "auth_user": {**table, "rows": 10, "bytes": 2 * GIB}},
        "migrations": ["split_modulestore_django.0003_former"],
        "duplicates": {f"{HEAVY.table}.{HEAVY.unique}": []},
        "old_passwords": [],
        "mongodb": {"version": "7.0.28", "compatibility": "7.0"},
        **changes,
    }


GOOD = Facts(databases=answer(), backup_hours=2.0, free_bytes=9 * GIB, unmoved_courses=[])


def stack(**values: Any) -> Stack:
    return load("campus", {**LEAST, "release": "ulmo", **BACKED_UP, **values})


def items(facts: Facts = GOOD, *, to: str = "verawood", **values: Any) -> list[Item]:
    given = {**LEAST, "release": "ulmo", **BACKED_UP, **values}
    before = RELEASES[RELEASES[to].after or ""]
    return plan(load("campus", given), given, before, RELEASES[to], facts)


def blockers(found: list[Item]) -> list[str]:
    assert all(item.remedy for item in found if item.rank == "blocker")
    return [item.text for item in found if item.rank == "blocker"]


def test_a_healthy_instance_has_no_blockers() -> None:
    found = items()
    assert blockers(found) == []
    assert not [item for item in found if item.rank == "unknown"]
    [migration] = [item.text for item in found if "0004_" in item.text]
    assert "3 rows, about 1 min" in migration and "#38044" in migration
    assert any("that come: catalog, instructor-dashboard, notifications" in item.text for item in found)


@pytest.mark.parametrize(
    ("facts", "values", "text"),
    [
        (GOOD, {"backups": None}, "the stack has no backups"),
        (replace(GOOD, backup_hours=None), {}, "no record of a complete backup of the last 26 hours: none"),
        (replace(GOOD, backup_hours=50.0), {}, "the newest is 50 hours old"),
        (replace(GOOD, unmoved_courses=["course-v1:a+b+c"]), {}, "in MongoDB, which the forum of verawood"),
        (
            replace(GOOD, free_bytes=GIB),
            {},
            "1.0 GiB free, and a migration of auth_user may copy its 2.0 GiB",
        ),
        (
            replace(
                GOOD, databases=answer(duplicates={f"{HEAVY.table}.{HEAVY.unique}": ["course-v1:a+b+c"]})
            ),
            {},
            "differ only in capitals and small letters: course-v1:a+b+c",
        ),
    ],
    ids=["no-backups", "never-backed-up", "stale-backup", "discussions", "disk", "duplicates"],
)
def test_what_would_fail_or_lose_data_blocks(facts: Facts, values: Mapping[str, Any], text: str) -> None:
    found = items(facts, **values)
    [only] = blockers(found)
    assert text in only
    assert found[0].rank == "blocker", "blockers come first"


def test_a_migration_that_was_applied_is_not_to_come() -> None:
    applied = answer(migrations=["split_modulestore_django.0004_courseid_unique_ci"])
    assert not [item for item in items(replace(GOOD, databases=applied)) if "0004_" in item.text]


def test_what_could_not_be_asked_is_named() -> None:
    nobody = Facts(databases=None, backup_hours=2.0, free_bytes=None, unmoved_courses=None)
    texts = [item.text for item in items(nobody) if item.rank == "unknown"]
    assert [text[:11] for text in texts] == ["whether dis", "tables, app"]
    locked = answer(mongodb={"version": "7.0.28", "compatibility": None}, old_passwords=None)
    [item] = [each for each in items(replace(GOOD, databases=locked)) if each.rank == "unknown"]
    assert "featureCompatibilityVersion" in item.text


def test_databases_are_put_right_before() -> None:
    table = {"rows": 1, "bytes": 1, "collation": "utf8mb3_general_ci"}
    facts = answer(
        tables={"old": table},
        old_passwords=["openedx@%"],
        mongodb={"version": "7.0.28", "compatibility": "6.0"},
    )
    texts = " ".join(item.text for item in items(replace(GOOD, databases=facts)) if item.rank == "before")
    assert "1 tables are not utf8mb4, such as old" in texts
    assert "openedx@%" in texts and "compatible with 6.0" in texts


def test_settings_that_the_release_does_not_read_are_named() -> None:
    gone = {"settings": {"lms": {"MKTG_URL_LINK_MAP": {}}}}
    texts = [item.text for item in items(to="master", **gone, release="verawood")]
    assert "master doesn't read openedx:settings.lms.MKTG_URL_LINK_MAP" in texts
    assert not [each for each in items(**gone) if "MKTG" in each.text], "verawood reads it"


def test_images_of_ones_own_and_requirements_are_named() -> None:
    texts = [item.text for item in items(images={"openedx": "registry.example.org/openedx:ulmo"})]
    assert any(
        "openedx:images.openedx names an image of your own: it must be one of verawood" in t for t in texts
    )
    source = {
        "source": "build",
        "repository": "registry.example.org/openedx",
        "requirements": ["my-xblock==1.0"],
    }
    found = [i for i in items(images={"openedx": source, "mfe": "r.example.org/m:1"}) if i.rank == "unknown"]
    assert any("my-xblock==1.0" in i.text and "index was not asked" in i.text for i in found)


@pytest.mark.parametrize(
    ("code", "own"),
    [
        ({}, False),
        ({"platform": {"source": "git", "ref": "mine/ulmo"}}, True),
        ({"platform": {"source": "folder", "path": "."}}, True),
    ],
    ids=["release", "fork", "folder"],
)
def test_code_of_ones_own_is_to_be_moved(code: Mapping[str, Any], own: bool) -> None:
    build = {"source": "build", "repository": "registry.example.org/openedx", **code}
    texts = [item.text for item in items(images={"openedx": build}) if item.rank == "before"]
    assert any("built from code or patches of your own" in text for text in texts) is own


def test_minutes_follow_rows() -> None:
    slow = replace(HEAVY, rows_per_second=100)
    assert [minutes(rows, slow) for rows in (0, 6000, 6001)] == [1, 1, 2]


def test_a_release_inherits_no_steps_of_the_one_before() -> None:
    assert VERAWOOD.heavy_migrations and VERAWOOD.upgrade_commands
    assert MASTER.heavy_migrations == MASTER.upgrade_commands == ()


def test_a_release_left_out_is_refused_with_the_way() -> None:
    assert show_plan.release_before(stack(), {"lms-migrate": "ulmo"}, "verawood") == "ulmo"
    with pytest.raises(OperationError, match="verawood would be left out"):
        show_plan.release_before(stack(), {"lms-migrate": "ulmo"}, "master")
    with pytest.raises(OperationError, match="which is older"):
        show_plan.release_before(stack(), {"lms-migrate": "verawood"}, "ulmo")
    with pytest.raises(OperationError, match="at ulmo already"):
        show_plan.release_before(stack(), {"lms-migrate": "ulmo"}, "ulmo")
    with pytest.raises(OperationError, match="no release willow"):
        show_plan.release_before(stack(), {"lms-migrate": "ulmo"}, "willow")
    with pytest.raises(OperationError, match="nothing to upgrade"):
        show_plan.release_before(stack(), {}, "verawood")


def file(tmp_path: Path, **values: Any) -> StackFile:
    config = {f"openedx:{key}": value for key, value in {**LEAST, "release": "ulmo", **values}.items()}
    return StackFile(name="campus", path=tmp_path / "Pulumi.campus.yaml", content={"config": config})


def test_the_stack_file_is_checked_as_if_it_named_the_release(tmp_path: Path) -> None:
    assert not list(show_plan.of_the_stack_file(file(tmp_path), "verawood"))
    found = list(show_plan.of_the_stack_file(file(tmp_path), "master"))
    assert found and {item.rank for item in found} == {"blocker"}
    assert all("doesn't fit master: openedx:images" in item.text for item in found), "nobody publishes them"


def test_volumes_are_judged_by_the_images_of_the_release(tmp_path: Path) -> None:
    found = {
        item.text.partition(":")[0]: item
        for item in show_plan.of_servers(file(tmp_path), "verawood", state())
    }
    assert found["meilisearch"].rank == "during" and "empty indexes" in found["meilisearch"].text
    too_old = state(mysql="docker.io/library/mysql:5.7.1")
    found = {
        item.text.partition(":")[0]: item
        for item in show_plan.of_servers(file(tmp_path), "verawood", too_old)
    }
    assert found["mysql"].rank == "blocker" and "go to 8.0 first" in found["mysql"].text


def state(mysql: str = "docker.io/library/mysql:8.4.0") -> dict[str, Any]:
    """Pulumi's state of an instance of Ulmo with two servers."""
    images = {"mysql": mysql, "meilisearch": "docker.io/getmeili/meilisearch:v1.8.4"}
    resources = [
        {
            "urn": f"urn:pulumi:campus::openedx::kubernetes:apps/v1:StatefulSet::{name}",
            "inputs": {"spec": {"template": {"spec": {"containers": [{"image": image}]}}}},
        }
        for name, image in images.items()
    ]
    return {"deployment": {"resources": resources}}


def test_a_plan_is_printed_for_people_and_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    job = {
        "urn": "urn:pulumi:campus::openedx::kubernetes:batch/v1:Job::lms-migrate",
        "inputs": {"spec": {"template": {"metadata": {"annotations": {"openedx.org/release": "ulmo"}}}}},
    }
    whole = state()
    whole["deployment"]["resources"].append(job)
    monkeypatch.setattr(show_plan.stack_file, "read", lambda *_: file(tmp_path, **BACKED_UP))
    monkeypatch.setattr(show_plan, "tools", lambda _: None)
    monkeypatch.setattr(show_plan, "open_stack", lambda *_: SimpleNamespace(state=lambda: whole))
    given = replace(GOOD, backup_hours=None)
    monkeypatch.setattr(upgrade_facts, "facts", lambda *_: given)
    request = show_plan.Request(name="campus")
    assert not show_plan.show(request, "verawood", Console(), as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert (printed["from"], printed["to"], printed["blocked"]) == ("ulmo", "verawood", True)
    assert [item["rank"] for item in printed["items"]][:2] == ["blocker", "during"]
    given = GOOD
    assert show_plan.show(request, "verawood", Console(width=400), as_json=False)
    text = capsys.readouterr().out
    assert "from ulmo to verawood. Nothing was changed." in text and "Blockers" not in text
    assert text.index("During the upgrade") < text.index("Afterwards")


def test_the_newest_backup_counts_whoever_made_it() -> None:
    early, late = (datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2))
    assert upgrade_facts.newest([early], [("backup-by-hand-1a", late)]) == late
    assert upgrade_facts.newest([late], [("backup-by-hand-1a", early), ("backup-1", None)]) == late
    assert upgrade_facts.newest([None], [("lms-migrate", late)]) is None


def test_free_space_is_read_from_df() -> None:
    text = (
        "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 100 40 60 40% /var/lib/mysql\n"
    )
    assert upgrade_facts.free(text) == 60 * 1024
    assert upgrade_facts.free("df: no such file") is None and upgrade_facts.free("") is None
