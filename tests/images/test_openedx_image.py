"""The layers and the file system of the image of LMS and Studio hold what they must, and nothing else."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from pathlib import Path

import pytest
from building import Buildx
from facts import PROGRAMS
from private_index import PrivateIndex
from running import environment, run
from standins import SECRET

pytestmark = pytest.mark.images

BUILD_TOOLS = {
    "gcc",
    "cc",
    "g++",
    "cpp",
    "ld",
    "as",
    "make",
    "git",
    "node",
    "npm",
    "npx",
    "uv",
    "msgfmt",
    "sass",
}


def test_no_tool_of_the_build_is_left(root: Path) -> None:
    programs = {path.name for path in root.rglob("bin/*")} | {path.name for path in root.rglob("sbin/*")}
    assert "sh" in programs and "uwsgi" in programs
    assert not BUILD_TOOLS & programs
    assert not list(root.rglob("node_modules")) and not list((root / "usr/include").rglob("*.h"))
    assert not list((root / "openedx/edx-platform").rglob(".git"))


def test_no_secret_is_in_any_layer_or_in_the_history(buildx: Buildx, image: str) -> None:
    assert SECRET not in json.dumps(buildx.configuration(image))
    layers = list(buildx.layers(image))
    assert len(layers) > 8
    assert not [layer for layer in layers if SECRET.encode() in layer]
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
            assert not [name for name in tar.getnames() if name.endswith((".netrc", ".npmrc"))]


def test_the_secret_was_needed(index: PrivateIndex, image: str) -> None:
    assert image and 200 in index.answers


def test_it_runs_as_nobody_in_particular(buildx: Buildx, image: str) -> None:
    user, group = buildx.configuration(image)["config"]["User"].split(":")
    assert int(user) > 10_000 and group == "0"


def test_anybody_can_read_and_only_group_0_can_write_where_data_goes(root: Path) -> None:
    paths = [path for path in (root / "openedx").rglob("*") if not path.is_symlink()]
    assert len(paths) > 5_000
    for path in paths:
        status = path.lstat()
        needed = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
        assert status.st_mode & needed == needed, path
        assert not status.st_mode & stat.S_IWOTH, path
        assert status.st_gid == 0, path
    writable = {path.name for path in paths if path.lstat().st_mode & stat.S_IWGRP}
    assert writable == {"data", "media", "private"}


def test_compiled_libraries_load_for_anybody_on_a_read_only_file_system(
    buildx: Buildx, image: str, root: Path
) -> None:
    variables = environment(buildx.configuration(image)["config"])
    python = "import MySQLdb, django, django_redis, lxml.etree, xmlsec; print(django.VERSION[:2])"
    done = run(root, ["python", "-c", python], variables)
    assert (done.returncode, done.stdout.strip()) == (0, "(5, 2)"), done.stderr
    denied = run(root, ["touch", "/openedx/edx-platform/x"], variables, somebody="0:0")
    assert "Read-only file system" in denied.stderr
    assert run(root, ["uwsgi", "--version"], variables).stdout.startswith("2.0.31")


def test_programs_that_the_platform_calls_run_for_anybody(buildx: Buildx, image: str, root: Path) -> None:
    """Mail to a course's learners needs lynx: the platform makes its plain text by it."""
    variables = environment(buildx.configuration(image)["config"]) | {"HOME": "/tmp"}
    for program, fact in PROGRAMS.items():
        if "calls" in fact:
            call = f"echo '<p>Plain <b>text</b></p>' | {program} {fact['calls']}"
            done = run(root, ["sh", "-c", call], variables)
            assert done.stdout.strip() == "Plain text", done.stderr


def test_fs_finds_the_part_of_setuptools_that_the_newest_lacks(
    buildx: Buildx, image: str, root: Path
) -> None:
    """The platform's requirements leave setuptools out, and `fs`, which LMS, Studio and workers import, asks
    for its pkg_resources: a newer one stops them all."""
    variables = environment(buildx.configuration(image)["config"])
    python = "from importlib.metadata import version; import fs; print(version('setuptools'))"
    done = run(root, ["python", "-W", "ignore", "-c", python], variables)
    assert done.returncode == 0 and int(done.stdout.split(".")[0]) < 82, done.stderr


def test_xblocks_of_the_platform_and_of_the_instance_are_found(
    buildx: Buildx, image: str, root: Path
) -> None:
    variables = environment(buildx.configuration(image)["config"])
    python = (
        "from importlib.metadata import entry_points\n"
        "blocks = {point.name: point.load() for point in entry_points(group='xblock.v1')}\n"
        "print(sorted(blocks), blocks['problem'].display_name)"
    )
    done = run(root, ["sh", "-c", f'cd /openedx/edx-platform && python -c "{python}"'], variables)
    assert done.stdout.strip() == "['campus', 'private', 'problem'] Patched", done.stderr


def test_translations_are_pulled_and_compiled(root: Path) -> None:
    platform = root / "openedx/edx-platform"
    assert (platform / "conf/locale/fr/LC_MESSAGES/django.mo").is_file()
    assert (platform / "conf/plugins-locale/xblocks/fr/text.mo").is_file()
    assert (platform / "conf/plugins-locale/plugins/fr/text.mo").is_file()
    assert (platform / "conf/plugins-locale/studio-frontend/fr.json").is_file()
    assert "Plan" in (root / "openedx/staticfiles/js/i18n/fr/djangojs.js").read_text(encoding="utf-8")
    assert "Plan" in (root / "openedx/staticfiles/studio/js/i18n/fr/djangojs.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(("site", "folder"), [("lms", ""), ("cms", "studio/")])
def test_static_files_are_listed_by_hash_with_those_of_the_theme(root: Path, site: str, folder: str) -> None:
    static = root / "openedx/staticfiles" / folder
    listed = json.loads((static / "staticfiles.json").read_text())["paths"]
    assert all((static / hashed).is_file() for hashed in listed.values())
    bundles = json.loads((static / "webpack-stats.json").read_text())["assets"]
    assert any(f"bundles/{name}" in listed for name in bundles)
    default = (static / listed[f"css/{site}-main.css"]).read_text(encoding="utf-8")
    themed = (static / listed[f"campus/css/{site}-main.css"]).read_text(encoding="utf-8")
    assert "#0a3055" in default and "#8a1538" in themed
    # The LMS' theme has a logo of its own; Studio's leans on Studio's.
    logo = listed["campus/images/logo.svg" if site == "lms" else "images/logo.svg"]
    assert Path(logo).name in themed
    assert f"campus/css/{site}-main-rtl.css" in listed


def test_what_is_the_same_is_there_once(root: Path) -> None:
    static = root / "openedx/staticfiles"
    listed = json.loads((static / "staticfiles.json").read_text())["paths"]
    plain, hashed = static / "images/logo.svg", static / listed["images/logo.svg"]
    assert plain.samefile(hashed)


def test_python_is_compiled_once_for_all(root: Path) -> None:
    compiled = list((root / "openedx/edx-platform/lms").rglob("*.pyc"))
    # Flags 1: the hash of the source is not looked at again, and neither is its time.
    assert compiled and all(path.read_bytes()[4:8] == b"\1\0\0\0" for path in compiled)
