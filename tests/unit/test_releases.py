"""Each release is whole, and what differs between releases arrives where it is read."""

from __future__ import annotations

import re
from dataclasses import fields, replace

import pytest
import settings_case
from samples import LEAST

from openedx_infra import scripts, settings
from openedx_infra.config import ConfigError, Stack, load
from openedx_infra.config.images.images import Images
from openedx_infra.releases import DEFAULT_RELEASE, IMAGE_NAMES, INFRASTRUCTURE_IMAGES, RELEASES, Mfe, Release
from openedx_infra.releases.comparison import NONE, comparison
from openedx_infra.releases.steps import UpgradeCommand

ULMO, VERAWOOD, MASTER = RELEASES.values()
BUILT = {
    name: {"source": "build", "repository": f"registry.example.org/{name}"} for name in ("openedx", "mfe")
}


def stack(release: Release) -> Stack:
    images = BUILT if release.images.openedx is None else {}
    return load("dev", {**LEAST, "release": release.name, "images": images})


@pytest.mark.parametrize("release", RELEASES.values(), ids=lambda release: release.name)
def test_a_release_is_whole(release: Release) -> None:
    assert re.fullmatch(r"[a-z]+", release.name)
    assert release.after is None or release.after in RELEASES
    ports = [mfe.port for mfe in release.mfes]
    assert len(set(ports)) == len(ports) == len({mfe.name for mfe in release.mfes})
    assert len(set(release.mfe_names)) == len(release.mfe_names)
    images = [release.image(name) for name in IMAGE_NAMES]
    for image in filter(None, (*images, *vars(release.bases).values())):
        assert re.fullmatch(r"[a-z]+\.io/[a-z0-9/_-]+:[\w.-]+", image) and not image.endswith(":latest")
    assert release.bases.uv.endswith(f":{release.uv}") and f":{release.node}-" in release.bases.node


def test_one_release_is_current_and_upgrades_lead_to_it() -> None:
    assert [release.name for release in RELEASES.values() if release.kind == "current"] == ["verawood"]
    assert [release.kind for release in RELEASES.values()] == ["previous", "current", "nightly"]
    assert DEFAULT_RELEASE == "verawood"
    assert (ULMO.after, VERAWOOD.after, MASTER.after) == (None, "ulmo", "verawood")


@pytest.mark.parametrize("release", RELEASES.values(), ids=lambda release: release.name)
def test_every_release_has_settings_scripts_and_a_server_of_mfes(release: Release) -> None:
    said = stack(release)
    for site in (
        settings.lms(said, settings_case.IN_CLUSTER),
        settings.studio(said, settings_case.IN_CLUSTER),
    ):
        assert not release.unknown_settings & site.keys()
    caddy = settings.mfe_caddyfile(said)
    assert {mfe.name for mfe in release.mfes} == set(re.findall(r"handle @([a-z-]+) \{\n\t\turi", caddy))
    assert ("/site\n" in caddy) is bool(release.frontend_apps)
    assert set(release.waffle_flags) <= set(scripts.setup_parameters(said)["default_flags"])


def test_settings_that_a_release_lacks_are_left_out_of_it_alone() -> None:
    assert "ENABLE_MFE_CONFIG_API" in settings.lms(stack(VERAWOOD), settings_case.IN_CLUSTER)
    assert "ENABLE_MFE_CONFIG_API" not in settings.lms(stack(MASTER), settings_case.IN_CLUSTER)


def test_settings_of_a_release_come_over_ours_and_under_the_operators(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    willow = replace(
        VERAWOOD, name="willow", settings={"MFE_CONFIG": {"NEW": 1}, "PLATFORM_NAME": "x", "FRESH": [1]}
    )
    monkeypatch.setitem(RELEASES, "willow", willow)
    said = load("dev", {**LEAST, "release": "willow", "settings": {"common": {"FRESH": [2]}}})
    found = settings.lms(said, settings_case.IN_CLUSTER)
    assert found["MFE_CONFIG"]["NEW"] == 1 and found["MFE_CONFIG"]["SITE_NAME"] == "Open edX"
    assert (found["PLATFORM_NAME"], found["FRESH"]) == ("x", [2])


def test_the_forum_of_ulmo_needs_its_flags() -> None:
    assert "forum_v2.enable_mysql_backend" in scripts.setup_parameters(stack(ULMO))["default_flags"]
    assert "forum_v2.enable_mysql_backend" not in scripts.setup_parameters(stack(VERAWOOD))["default_flags"]


def test_what_nobody_publishes_must_be_said() -> None:
    with pytest.raises(ConfigError, match=r"images\.mfe: missing: nobody publishes one for master"):
        load("dev", {**LEAST, "release": "master", "images": {"openedx": BUILT["openedx"]}})


def test_releases_stand_side_by_side() -> None:
    table = comparison(RELEASES.values())
    assert table.names == ("ulmo", "verawood", "master")
    rows = {row.title: row for row in table.rows}
    assert len(rows) == len(table.rows)
    assert rows["Python"].values == ("3.11", "3.12", "3.12")
    assert rows["image of LMS and Studio"].values[2] == "build it"
    assert rows["apps of the site"].values[0] == NONE
    assert rows["MySQL"].differs and not rows["queues of the LMS"].differs


def test_every_image_has_a_key_in_the_stack_file_and_one_origin() -> None:
    of_releases = {field.name for field in fields(VERAWOOD.images)}
    assert {*IMAGE_NAMES} == of_releases | INFRASTRUCTURE_IMAGES.keys()
    assert not of_releases & INFRASTRUCTURE_IMAGES.keys()
    assert {*IMAGE_NAMES} <= Images.model_fields.keys()


def test_the_image_of_one_release_is_not_that_of_another() -> None:
    """What a release takes over from the one before is never its own code."""
    for name in ("openedx", "mfe"):
        published = [image for release in RELEASES.values() if (image := release.image(name))]
        assert len(set(published)) == len(published)
    assert len({release.ref for release in RELEASES.values()}) == len(RELEASES)


def test_what_micro_frontends_are_told_of_each_other_is_of_those_that_are_served() -> None:
    willow = Mfe(
        name="willow",
        without="older pages",
        port=1,
        config={"WILLOW_URL": "{url}/x", "SEARCH": "{meilisearch}", "N": 1},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RELEASES, "verawood", replace(VERAWOOD, mfes=(*VERAWOOD.mfes, willow)))
        told = settings.lms(load("dev", LEAST), settings_case.IN_CLUSTER)["MFE_CONFIG"]
        without = load("dev", {**LEAST, "mfes": {"disabled": ["willow"]}})
        assert "WILLOW_URL" not in settings.lms(without, settings_case.IN_CLUSTER)["MFE_CONFIG"]
    assert told["WILLOW_URL"] == "http://apps.learn.example.org/willow/x"
    assert (told["SEARCH"], told["N"]) == ("true", 1)


def test_the_table_leaves_no_difference_out() -> None:
    """Whatever field two releases differ in, a row differs too."""
    changed = {
        "after": "x", "ref": "x", "refs": {"a": "x"}, "python": "x", "node": "x", "uv": "x", "kind": "x",
        "requirements": "x", "lms_queues": ("x",), "studio_queues": ("x",), "mfes": (), "frontend_apps": (),
        "settings": {"X": 1}, "unknown_settings": frozenset("X"), "waffle_flags": ("x",),
        "search_engines": ("x",), "runs_beside": frozenset("x"),
        "upgrade_commands": (UpgradeCommand(when="after", command="x", why="x"),),
        "heavy_migrations": (replace(VERAWOOD.heavy_migrations[0], app="x"),),
        "constraints": ("x<1",), "studio_index": (("--x",),), "forum_in_mongodb": True,
        "bases": replace(VERAWOOD.bases, system="x"), "images": replace(VERAWOOD.images, smtp="a:x"),
    }  # fmt: skip
    assert changed.keys() == {field.name for field in fields(Release)} - {"name"}
    for name, value in changed.items():
        other = replace(VERAWOOD, **{name: value})
        assert any(row.differs for row in comparison((VERAWOOD, other)).rows), name
