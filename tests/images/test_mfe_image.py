"""Micro-frontends are built each for itself and served as files, with real npm packages."""

from __future__ import annotations

import re
import shutil
import socket
import time
from pathlib import Path

import httpx2
import pytest
from bases import Bases
from building import Buildx, Built
from repositories import BRANCH, STANDIN, GitHost
from running import environment, running

from openedx_infra.images import Frontend, SiteApp, context, mfe_dockerfile

pytestmark = pytest.mark.images

NAMES = ("learning", "profile")


class Frontends:
    """How the image is built of the stand-ins."""

    def __init__(self, buildx: Buildx, begin: Bases, git: GitHost, work: Path) -> None:
        self.reference = f"{buildx.registry}/mfe:tests"
        self._buildx = buildx
        self._arguments = {
            "BASE_IMAGE": begin.base,
            "NODE_IMAGE": begin.node,
            "CADDY_IMAGE": begin.caddy,
            "GIT_HOST": git.url,
        }
        frontends = [
            Frontend(name=name, repository=git.repository(f"frontend-app-{name}"), ref=BRANCH)
            for name in NAMES
        ]
        self._dockerfile = work / "Dockerfile"
        apps = [SiteApp(name="notifications", version="^3.0.0")]
        self._dockerfile.write_text(mfe_dockerfile(frontends, apps))

    def build(self, tag: str, **contexts: Path) -> Built:
        """Build; the site is a stand-in, as frontend-base's packages are not everywhere to be had."""
        return self._buildx.build(
            context("mfe"),
            tag=tag,
            dockerfile=self._dockerfile,
            arguments=self._arguments,
            contexts={"site-source": STANDIN / "frontend-app-profile", **contexts},
        )


@pytest.fixture(scope="module")
def frontends(
    buildx: Buildx, begin: Bases, git: GitHost, tmp_path_factory: pytest.TempPathFactory
) -> Frontends:
    return Frontends(buildx, begin, git, tmp_path_factory.mktemp("mfe"))


@pytest.fixture(scope="module")
def dist(buildx: Buildx, frontends: Frontends, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image's file system."""
    frontends.build(frontends.reference)
    return buildx.unpack(frontends.reference, tmp_path_factory.mktemp("root"))


def test_each_is_a_folder_that_knows_its_path(dist: Path) -> None:
    folder = dist / "openedx/dist"
    assert {path.name for path in folder.iterdir()} == {*NAMES, "site"}
    for name in NAMES:
        page = (folder / name / "index.html").read_text()
        script = next((folder / name).glob("main.*.js"))
        assert f'src="/{name}/{script.name}"' in page and f"<title>{name}</title>" in page
        assert "/api/mfe_config/v1" in script.read_text() and f"Bienvenue dans {name}" in script.read_text()
    assert not list(folder.rglob("*.map"))


def test_pages_and_their_scripts_ask_no_other_host(dist: Path) -> None:
    """Unless the stack file wants New Relic's agent, which frontend-build adds to each page by itself."""
    files = [path for path in (dist / "openedx/dist").rglob("*") if path.suffix in {".html", ".js", ".css"}]
    assert {path.suffix for path in files} >= {".html", ".js"}
    for path in files:
        hosts = re.findall(r"(?:src|href|url)\W{1,3}(?:https?:)?//([\w.-]+)", path.read_text())
        assert not hosts, f"{path} loads from {hosts}"


def test_nothing_of_the_build_is_left(buildx: Buildx, frontends: Frontends, dist: Path) -> None:
    programs = {path.name for path in dist.rglob("bin/*")}
    assert "caddy" in programs and not {"node", "npm", "gcc", "git", "make"} & programs
    assert buildx.configuration(frontends.reference)["config"]["User"] == "10001:0"


def test_a_change_of_one_builds_that_one(frontends: Frontends, dist: Path, tmp_path: Path) -> None:
    assert dist
    source = tmp_path / "learning"
    shutil.copytree(STANDIN / "frontend-app-learning", source)
    with (source / "src/index.js").open("a") as script:
        script.write(f"\nconsole.log({time.time_ns()});\n")
    again = frontends.build(f"{frontends.reference}-changed", **{"learning-source": source})
    assert "learning" in again.ran()
    assert not again.ran() & {
        "profile",
        "profile-modules",
        "learning-modules",
        "site",
        "site-modules",
        "build",
    }


def test_files_with_a_hash_are_kept_and_pages_are_not(
    buildx: Buildx, frontends: Frontends, dist: Path, tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configuration = buildx.configuration(frontends.reference)["config"]
    caddyfile = tmp_path / "Caddyfile"
    caddyfile.write_text((dist / "etc/caddy/Caddyfile").read_text().replace(":8002 {", f":{port} {{"))
    (dist / "openedx/data").mkdir(exist_ok=True)
    mounts = {"/etc/caddy/Caddyfile": caddyfile}
    url, log = f"http://127.0.0.1:{port}", tmp_path / "log"
    with running(dist, configuration["Cmd"], environment(configuration), mounts, log):
        page = _get(url + "/learning/course/1", log)
        script = next((dist / "openedx/dist/learning").glob("main.*.js")).name
        assert (page.headers["cache-control"], "<title>learning</title>" in page.text) == ("no-cache", True)
        kept = _get(f"{url}/learning/{script}", log).headers["cache-control"]
        assert kept == "public, max-age=31536000, immutable"
        missing = httpx2.get(f"{url}/learning/main.0123456789abcdef.js", trust_env=False)
        assert missing.status_code == 404


def _get(url: str, log: Path) -> httpx2.Response:
    end = time.monotonic() + 10
    while True:
        try:
            return httpx2.get(url, trust_env=False).raise_for_status()
        except httpx2.ConnectError:
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
