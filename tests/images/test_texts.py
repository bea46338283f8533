"""The Dockerfiles, read as texts, are whole, whatever is added to them."""

from __future__ import annotations

import re

import pytest

from openedx_infra.images import (
    FragmentError,
    Frontend,
    SiteApp,
    dockerfile,
    mfe_dockerfile,
    points,
)

MFES = [
    Frontend(name=name, repository=f"https://git.example.org/{name}.git", ref="release/verawood.1")
    for name in ("learning", "learner-dashboard")
]
APPS = [
    SiteApp(name="instructor-dashboard", version="^1.0.0"),
    SiteApp(name="notifications", version="^3.0.0"),
]
TEXTS = {
    "openedx": dockerfile("openedx"),
    "theme": dockerfile("theme"),
    "mfe": mfe_dockerfile(MFES, APPS),
    "mfe without a site": mfe_dockerfile(MFES),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_stage_that_is_named_is_there(text: str) -> None:
    stages = re.findall(r"^FROM \S+ AS (\S+)$", text, re.MULTILINE)
    assert len(stages) == len(set(stages)) and stages
    assert set(re.findall(r"(?:--from=|,from=)([\w-]+)", text)) <= set(stages)
    assert "{{" not in text


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_frontend_is_fetched_and_nobody_in_particular_runs_it(text: str) -> None:
    assert "syntax=" not in text
    users = re.findall(r"^USER (.*)$", text, re.MULTILINE)
    assert set(users) <= {"10001:0"} and (users or "OPENEDX_IMAGE" in text)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_secret_is_only_ever_mounted(text: str) -> None:
    for line in text.splitlines():
        if re.match(r"(ARG|ENV) ", line):
            assert not re.search("password|token|secret|netrc|npmrc", line, re.IGNORECASE)


def test_new_relic_is_off_unless_the_stack_file_switches_it_on() -> None:
    """A fragment's ENV comes later and wins; nothing after the points takes it back."""
    on = mfe_dockerfile(MFES, APPS, {"build": "ENV ENABLE_NEW_RELIC=true"})
    for text, last in ((TEXTS["mfe"], "false"), (on, "true")):
        assert re.findall(r"^ENV ENABLE_NEW_RELIC=(\w+)$", text, re.MULTILINE)[-1] == last
        assert text.index("ENV ENABLE_NEW_RELIC=false") < text.index("FROM build AS learning-modules")


def test_each_micro_frontend_has_caches_of_its_own() -> None:
    text = TEXTS["mfe"]
    for name in ("learning", "learner-dashboard"):
        for kind in ("npm", "webpack"):
            assert text.count(f"id=openedx-{kind}-{name},") == 1
        assert f"COPY --link --from={name} /openedx/app/dist /openedx/dist/{name}/" in text
    assert "AS site" not in TEXTS["mfe without a site"]


def test_the_site_has_the_apps_that_are_named() -> None:
    text = TEXTS["mfe"]
    assert "import { instructorDashboardApp } from '@openedx/frontend-app-instructor-dashboard';" in text
    assert '"@openedx/frontend-app-notifications": "^3.0.0"' in text
    assert "apps: [shellApp, headerApp, footerApp, instructorDashboardApp, notificationsApp]," in text


@pytest.mark.parametrize("name", ["openedx", "theme"])
def test_fragments_stand_in_the_stage_of_their_point(name: str) -> None:
    there = points(dockerfile(name))
    text = dockerfile(name, {point: f"RUN echo at {point}" for point in there})
    stage = ""
    for line in text.splitlines():
        stage = match[1] if (match := re.match(r"FROM \S+ AS (\S+)", line)) else stage
        if line.startswith("RUN echo at "):
            assert line == f"RUN echo at {stage}"
            there.remove(stage)
    assert not there


def test_a_fragment_of_a_micro_frontend_changes_that_one() -> None:
    text = mfe_dockerfile(MFES, fragments={"learning": "RUN npm install brand"})
    before, _, after = text.partition("RUN npm install brand")
    assert before.rstrip().splitlines()[-1].startswith("ENV APP_ID=learning ")
    assert "openedx-webpack-learning," in after and "openedx-npm-learner-dashboard" in after


def test_fragments_that_do_not_fit_are_all_named() -> None:
    with pytest.raises(FragmentError) as raised:
        dockerfile("openedx", {"nowhere": "RUN true", "system": "FROM scratch"})
    first, second, last = str(raised.value).splitlines()
    assert first == "nowhere: there is no such point"
    assert second.startswith("system: FROM begins another stage")
    assert last.startswith("Points: system, build, source, requirements,")
