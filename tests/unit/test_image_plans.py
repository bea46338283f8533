"""Plans of builds: Dockerfiles, folders, arguments and secrets, as configured."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from samples import LEAST

from openedx_infra.config import load
from openedx_infra.images import Plan, plans, problems
from openedx_infra.releases import RELEASES


def planned(name: str = "openedx", release: str = "verawood", rest: Any = None, **said: Any) -> Plan:
    """The plan of an image whose build says so."""
    repository = f"registry.example.org/{name}"
    images = {"openedx": "registry.example.org/o:1", "mfe": "registry.example.org/m:1"}
    built = {**images, name: {"source": "build", "repository": repository, **said}}
    [plan] = plans(load("dev", {**LEAST, **(rest or {}), "release": release, "images": built}))
    return plan


def sources(text: str) -> dict[str, str]:
    """Address and ref of each stage that comes from Git."""
    return dict(re.findall(r"FROM scratch AS (\S+)-source\nADD (\S+) /\n", text))


@pytest.mark.parametrize("name", sorted(RELEASES))
def test_each_release_is_built_from_its_own_refs_on_its_own_bases(name: str) -> None:
    release = RELEASES[name]
    arguments = planned(release=name).arguments
    assert arguments["REF"] == release.ref and arguments["REPOSITORY"].endswith("/openedx-platform.git")
    assert arguments["PYTHON_VERSION"] == release.python
    assert arguments["NODE_IMAGE"].endswith(f"/node:{release.node}-bookworm-slim")
    assert arguments["UV_IMAGE"].endswith(f":{release.uv}")
    assert arguments["ATLAS_REVISION"] == ("main" if name == "master" else release.ref)
    text = planned("mfe", release=name).dockerfile
    assert set(sources(text)) == {mfe.name for mfe in release.mfes}
    assert all(address.endswith(f"#{release.ref}") for address in sources(text).values())
    assert all(app.version in text for app in release.frontend_apps)
    assert ("AS site\n" in text) is bool(release.frontend_apps)


def test_every_argument_is_one_that_the_dockerfile_knows() -> None:
    """BuildKit takes others without a word."""
    said = {"requirements": ["x==1"], "indexes": ["https://pypi.example.org/a"], "apt_packages": ["file"]}
    for plan in (planned(**said, build_apt_packages=["gcc"]), planned("mfe", build_apt_packages=["gcc"])):
        known = set(re.findall(r"^ARG (\w+)", plan.dockerfile, re.MULTILINE))
        assert set(plan.arguments) <= known


def test_a_fork_is_built_instead() -> None:
    fork = {"source": "git", "repository": "https://git.example.org/fork.git", "ref": "campus"}
    plan = planned(platform=fork)
    assert (plan.arguments["REPOSITORY"], plan.arguments["REF"]) == (fork["repository"], "campus")
    other = planned(platform={"source": "git", "ref": "a" * 40}).arguments
    assert other["REF"] == "a" * 40 and other["REPOSITORY"].endswith("/openedx-platform.git")
    text = planned("mfe", mfes={"learning": fork}).dockerfile
    assert sources(text)["learning"] == "https://git.example.org/fork.git#campus"
    assert sources(text)["profile"].endswith("/frontend-app-profile.git#release/verawood.1")


def test_a_folder_takes_the_place_of_a_repository() -> None:
    plan = planned(platform={"source": "folder", "path": "../openedx-platform"})
    assert plan.contexts == {"edx-platform": "../openedx-platform"} and "REF" not in plan.arguments
    plan = planned(
        "mfe", mfes={"profile": {"source": "folder", "path": "p"}}, patches={"authn": "q"}, env_config="r"
    )
    assert plan.contexts == {"profile-source": "p", "authn-patches": "q", "env-config": "r"}
    stages = set(re.findall(r"AS (\S+)", plan.dockerfile))
    assert set(plan.contexts) <= stages


def test_themes_and_packages_come_from_anywhere_together() -> None:
    plan = planned(
        themes={
            "indigo": {"source": "git", "repository": "https://git.example.org/indigo.git", "ref": "v3"},
            "campus": {"source": "folder", "path": "themes/campus"},
        },
        packages={"poll": {"source": "folder", "path": "../poll"}},
        patches="patches",
    )
    stage = plan.dockerfile.partition("FROM scratch AS themes\n")[2].partition("\n\n")[0]
    assert stage.splitlines() == [
        "ADD https://git.example.org/indigo.git#v3 /indigo/",
        "COPY --from=themes-campus / /campus/",
    ]
    assert "FROM scratch AS packages\nCOPY --from=packages-poll / /poll/\n" in plan.dockerfile
    assert plan.contexts == {
        "themes-campus": "themes/campus",
        "packages-poll": "../poll",
        "patches": "patches",
    }


def test_themes_alone_go_on_an_image_that_is_there() -> None:
    plan = planned(
        source="themes",
        image="docker.io/all/openedx:1",
        assets="docker.io/all/openedx:1-assets",
        themes={"campus": {"source": "folder", "path": "themes/campus"}},
    )
    assert plan.context.name == "theme" and plan.reference == "registry.example.org/openedx:verawood"
    assert plan.arguments == {
        "OPENEDX_IMAGE": "docker.io/all/openedx:1",
        "ASSETS_IMAGE": "docker.io/all/openedx:1-assets",
    }
    assert " AS assets\n" in planned().dockerfile
    assert set(plan.arguments) == set(re.findall(r"^ARG (\w+)", plan.dockerfile, re.MULTILINE))
    assert "FROM scratch AS themes\nCOPY --from=themes-campus / /campus/\n" in plan.dockerfile
    assert plan.contexts == {"themes-campus": "themes/campus"} and plan.target is None


def test_requirements_are_lines_and_their_order_is_kept() -> None:
    plan = planned(requirements=["b==2", "a @ git+https://git.example.org/a@v1"])
    assert plan.arguments["EXTRA_REQUIREMENTS"] == "b==2\na @ git+https://git.example.org/a@v1"


def test_a_plan_names_secrets_and_holds_none() -> None:
    fork = {"source": "git", "repository": "https://git.example.org:8443/fork.git"}
    plan = planned(platform=fork, secrets=["git_token", "netrc", "npmrc"])
    assert plan.secrets == {
        # BuildKit shows the token to this host alone.
        "GIT_AUTH_TOKEN.git.example.org:8443": "build_git_token",
        "netrc": "build_netrc",
        "npmrc": "build_npmrc",
    }
    assert {f"id={name}," in plan.dockerfile for name in ("netrc", "npmrc")} == {True}


def test_what_is_not_served_is_not_built() -> None:
    elsewhere = {"LEARNING_MICROFRONTEND_URL": "https://learning.example.org"}
    disabled = {
        "mfes": {"disabled": ["learning", "notifications", "instructor-dashboard"]},
        "settings": {"common": elsewhere},
    }
    text = planned("mfe", rest=disabled, patches={"learning": "p"}).dockerfile
    assert "learning" not in sources(text) and "AS site\n" not in text
    assert planned("mfe", rest=disabled, patches={"learning": "p"}).contexts == {}


def test_what_the_stack_file_says_of_arguments_wins() -> None:
    plan = planned(arguments={"PYTHON_VERSION": "3.13", "GIT_HOST": "https://git.example.org/"})
    assert plan.arguments["PYTHON_VERSION"] == "3.13" and plan.arguments["GIT_HOST"].endswith("org/")


def test_names_and_caches() -> None:
    plan = planned(
        tag="7", cache_from=["r.example.org/a:1"], cache_to="r.example.org/b:1", target="development"
    )
    assert plan.reference == "registry.example.org/openedx:7" and plan.target == "development"
    assert (plan.cache_from, plan.cache_to) == (
        ("r.example.org/a:1", "r.example.org/b:1"),
        "r.example.org/b:1",
    )
    assert planned().reference == "registry.example.org/openedx:verawood"


def test_nothing_is_wrong_with_a_plain_build() -> None:
    built = {"source": "build", "repository": "registry.example.org/o"}
    assert problems(load("dev", {**LEAST, "images": {"openedx": built, "mfe": built}})) == []


def test_a_fragment_stands_where_its_point_was() -> None:
    text = planned(fragments={"production": "ENV CAMPUS=1"}).dockerfile
    assert "ENV CAMPUS=1\nUSER 10001:0" in text and "# fragment: production" not in text


def test_plans_are_values() -> None:
    assert planned() == planned() != replace(planned(), tag="other")
