"""A preview shows a changed setting, flag, image and size with old and new value, and never a secret."""

from __future__ import annotations

import json
import re
from base64 import b64decode

import pytest
from instances import Instance

pytestmark = pytest.mark.engine

CHANGES = {
    "settings": {"lms": {"COURSE_ABOUT_VISIBILITY_PERMISSION": "see_exists"}},
    "features": {"flags": {"ENABLE_TEAMS": False}},
    "images": {"mysql": "docker.io/library/mysql:8.4.1"},
    "sizing": {"studio": {"memory_limit": "3Gi"}},
}
KEYS = {"stack", "counts", "missing", "keys", "settings", "images", "sizes", "secrets", "restarts", "objects"}
ROTATED = "mysql_password"


def secret_words(instance: Instance) -> set[str]:
    """Words of the cluster's Secrets that are long enough to be secrets."""
    texts = [
        b64decode(text).decode() for item in instance.list("Secret") for text in (item.data or {}).values()
    ]
    words = {word for text in texts for word in re.findall(r"[A-Za-z0-9+/=_-]{32,}", text)}
    return {word for word in words if not re.fullmatch(r"[a-z_/-]+|-+[A-Z ]+-+|[A-Z_-]+", word)}


def test_a_preview_without_changes_says_so_in_a_line(dev: Instance) -> None:
    said = dev.run("preview")
    assert said.code == 0, said.text
    target, line = said.out.splitlines()
    assert target.startswith("Stack dev") and line.startswith(
        "No changes: stack dev is as its file describes"
    )


def test_each_change_is_shown_with_its_old_and_new_value(dev: Instance) -> None:
    said = dev.run("secrets", "rotate", ROTATED, "--yes")
    assert said.code == 0, said.text
    dev.say(**CHANGES)
    told, plain = dev.run("preview", "--diff"), dev.run("preview", "--json")
    assert told.code == plain.code == 0, told.text + plain.text
    text = re.sub(r" {2,}", "  ", told.out)
    for line in (
        "openedx:settings.lms.COURSE_ABOUT_VISIBILITY_PERMISSION  not set → see_exists",
        "openedx:features.flags.ENABLE_TEAMS  not set → false",
        "LMS: COURSE_ABOUT_VISIBILITY_PERMISSION  see_about_page → see_exists",
        "LMS, Studio: ENABLE_TEAMS  not set → false",
        "→ docker.io/library/mysql:8.4.1",
        "studio  limits.memory",
        "mysql  restarts: pages fail for about 7 s",
        "rolls over: nobody notices",
        "+  COURSE_ABOUT_VISIBILITY_PERMISSION: see_exists",
        "lms-secrets  another content (never shown)",
        "Nothing was changed.",
    ):
        assert line in text, f"{line} is not in:\n{text}"
    found = json.loads(plain.out)
    assert found.keys() == KEYS
    assert {"where": ["lms", "studio"], "setting": "ENABLE_TEAMS", "now": False} in found["settings"]
    assert len(found["sizes"]) == 1, found["sizes"]
    (size,) = found["sizes"]
    assert (size["size"], size["now"]) == ("limits.memory", "3Gi"), size
    assert "Deployment studio" in size["workloads"]
    assert "lms-secrets" in found["secrets"]
    mysql = next(each for each in found["restarts"] if each["name"] == "mysql")
    assert mysql["seconds"] == 7 and "docs/faults.md" in mysql["source"]
    assert not {word for word in secret_words(dev) if word in told.text + plain.text}
    dev.say(**dict.fromkeys(CHANGES))
    dev.up()
    assert not {word for word in secret_words(dev) if word in told.text + plain.text}, "nor the rotated one"
