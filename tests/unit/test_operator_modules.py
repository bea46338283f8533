"""Files of Python settings run after all others, in the platform's module, and are judged before that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import settings_case as case
from pages import operator_files
from settings_pod import Pod

from openedx_infra import settings
from openedx_infra.config import Stack, checkout_files
from openedx_infra.config.rules.platform import settings_modules
from openedx_infra.operations.support.archive import own_python
from openedx_infra.settings.modules import modules_checksum


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of Pulumi.yaml."""
    monkeypatch.setattr(checkout_files, "PROJECT_FOLDER", tmp_path)
    return tmp_path


def named(folder: Path, **texts: str) -> Stack:
    """A stack that names a file of Python for each section."""
    for section, text in texts.items():
        (folder / f"{section}.py").write_text(text, encoding="utf-8")
    return case.said(settings={"modules": {section: f"{section}.py" for section in texts}})


def loaded(folder: Path, site: settings.Site, stack: Stack, **own: str) -> dict[str, Any]:
    pod = folder / site
    pod.mkdir()
    return Pod(pod, site, stack=stack, own=own).loaded()


def faults(folder: Path, text: str) -> list[str]:
    """What is wrong with a file of the LMS, without the key and the file's name."""
    start = "openedx:settings.modules.lms: lms.py"
    found = settings_modules.problems(named(folder, lms=text))
    assert all(line.startswith(start) for line in found)
    return [line.removeprefix(start).removeprefix(", ") for line in found]


def test_a_file_runs_after_all_other_settings_and_the_sites_own_after_the_common_one(folder: Path) -> None:
    stack = named(
        folder,
        common="MINE = [PLATFORM_NAME, LMS_ROOT_URL]\nMIDDLEWARE.insert(1, 'mine.Middleware')\n",
        lms="MINE.append('lms')\ndef later():\n    return MINE\nLATER = later()\n",
        studio="MINE.append('studio')\n",
    )
    for site, last in (("lms", "lms"), ("cms", "studio")):
        found = loaded(folder, site, stack)
        assert found["MINE"] == [stack.site.name, stack.site.lms_url, last]
        assert found["MIDDLEWARE"][:2] == [f"{site}.envs.openedx_infra.leaving.refuse", "mine.Middleware"]
        assert found.get("LATER") == (found["MINE"] if site == "lms" else None), "functions see the settings"


def test_a_flag_that_a_file_sets_is_found_in_the_old_way_too(folder: Path) -> None:
    found = loaded(folder, "lms", named(folder, common="ENABLE_DISCUSSION_SERVICE = 'by us'\n"))
    assert found["_flag"] == "by us"


def test_an_error_names_the_file_and_the_line(folder: Path) -> None:
    stack = named(folder, lms="A = 1\nB = NOT_THERE\n")
    assert settings_modules.problems(stack) == [], "check doesn't run it"
    (folder / "pod").mkdir()
    done = Pod(folder / "pod", "lms", stack=stack).run("import lms.envs.openedx_infra")
    assert done.returncode != 0
    assert 'operator_lms.py", line 2' in done.stderr and "NOT_THERE" in done.stderr


def test_the_example_of_the_page_works(folder: Path) -> None:
    text = operator_files()["settings/campus.py"]
    (folder / "common.py").write_text(text, encoding="utf-8")
    said = {"common": {"CAMPUS_LTI_SECRET": {"secret": "campus_lti"}}, "modules": {"common": "common.py"}}
    stack = case.said(settings=said)
    assert settings_modules.problems(stack) == []
    for site in ("lms", "cms"):
        found = loaded(folder, site, stack, campus_lti="5ecret")
        assert found["CAMPUS_LTI"] == {"key": "campus", "secret": "5ecret"}
        assert found["LOGGING"]["loggers"]["campus_tools"] == {"level": "DEBUG"}
        assert found["CAMPUS_PAUSE"] == "0:30:00"


def test_without_such_files_the_package_is_the_program_s_own() -> None:
    source = Path(settings.__file__).parent / "platform"
    for site, name in (("lms", "lms.py"), ("cms", "studio.py")):
        files = settings.module_files(site, case.stack())
        assert not [name for name in files if name.startswith("operator")]
        assert files["__init__.py"] == (source / name).read_text(encoding="utf-8")
    assert modules_checksum(case.stack()) == ""


def test_a_site_has_its_own_files_and_the_common_one_alone(folder: Path) -> None:
    stack = named(folder, common="A = 1", lms="B = 1", studio="C = 1")
    for site, own, other in (("lms", "lms", "studio"), ("cms", "studio", "lms")):
        files = settings.module_files(site, stack)
        assert {"operator_common.py", f"operator_{own}.py", "operator_modules.py"} < files.keys()
        assert f"operator_{other}.py" not in files


def test_the_checksum_follows_every_text(folder: Path) -> None:
    sums = {
        modules_checksum(named(folder, **texts))
        for texts in (
            {"lms": "A = 1"},
            {"lms": "A = 2"},
            {"studio": "A = 1"},
            {"lms": "A = 1", "studio": "A = 1"},
        )
    }
    assert len(sums) == 4


RIGHT = {
    "a middleware more": "MIDDLEWARE += ['x']",
    "changes in place": "DATABASES['default']['CONN_MAX_AGE'] = 60\nALLOWED_HOSTS.append('x')",
    "a new value made of the old one": "CACHES = {**CACHES, 'mine': {}}",
    "the same name in a function": "def f():\n    DATABASES = {}\n    return DATABASES",
    "a setting that is ours to leave": "FOOTER_ORGANIZATION_IMAGE = 'x'",
    "secrets by name": "import os\nMY_PASSWORD = CAMPUS_PASSWORD\nA = {'secret': MY_PASSWORD, 'token': None}",
    "names that aren't secret": "LOGIN_KEY_NAME = 'x'\nPASSWORD_RESET_SECONDS = 60",
    "nothing": "",
}


@pytest.mark.parametrize("case_name", RIGHT)
def test_what_is_accepted(folder: Path, case_name: str) -> None:
    assert faults(folder, RIGHT[case_name]) == []


WRONG = {
    "A = 1\nif A\n    B = 2": ["line 2: expected ':': write what Python 3.11 reads"],
    "return 1": ["line 1: 'return' outside function: write what Python 3.11 reads"],
    "A = 1\0": [": source code string cannot contain null bytes: write what Python 3.11 reads"],
    "A = 1\nDATABASES = {}": [
        "line 2: replaces DATABASES, which is written by this program from datastores.mysql: leave it out, "
        "or change it in place, as `DATABASES[…] = …` or `DATABASES += […]` do"
    ],
    "if True:\n    A, STORAGES = 1, {}": [
        "line 2: replaces STORAGES, which is written by this program from datastores.storage: change it in "
        "place, as `STORAGES[…] = …` or `STORAGES += […]` do"
    ],
    "del ALLOWED_HOSTS": [
        "line 1: replaces ALLOWED_HOSTS, which is written by this program from site.more_hosts: change it in "
        "place, as `ALLOWED_HOSTS[…] = …` or `ALLOWED_HOSTS += […]` do"
    ],
    "FEATURES['ENABLE_TEAMS'] = True": [
        "line 1: replaces FEATURES, which is written by this program from features.flags: set the flag "
        "itself, as `ENABLE_TEAMS = True` does"
    ],
    "MY_API_KEY = 'hello'": [
        "line 1: MY_API_KEY is secret by its name, and stands here in plain, in a ConfigMap: run "
        "`openedx-infra secrets set my_api_key --stack dev`, write `MY_API_KEY: {secret: my_api_key}` under "
        "openedx:settings.lms, and use MY_API_KEY here"
    ],
    "A = {\n  'password': 'hello'}": [
        "line 2: password is secret by its name, and stands here in plain, in a ConfigMap: run "
        "`openedx-infra secrets set NAME --stack dev`, write `NAME: {secret: NAME}` under "
        "openedx:settings.lms, and use NAME here"
    ],
    "# once ghp_" + "a" * 36: [
        "line 1: holds a token of GitHub in plain, in a ConfigMap: run `openedx-infra secrets set NAME "
        "--stack dev`, write `NAME: {secret: NAME}` under openedx:settings.lms, and use NAME here"
    ],
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text.splitlines()[-1][:30].replace("\0", "0"))
def test_what_is_refused(folder: Path, text: str) -> None:
    assert faults(folder, text) == WRONG[text]


def test_more_forms_of_secrets(folder: Path) -> None:
    texts = (
        "f(token='x')",
        "self.secret_key = 'x'",
        "A['CLIENT_SECRET'] = 'x'",
        "SECRET_KEYS: list = ['x']",
        "URL = 'https://me:pass@example.org/'",
        "b = 1; PASSWORD = b'x'",
    )
    for text in texts:
        [fault] = faults(folder, text)
        assert "in plain" in fault and "pass@" not in fault


def test_all_faults_come_at_once_and_no_value_is_repeated(folder: Path) -> None:
    found = faults(folder, "DATABASES = {}\nA_PASSWORD = 'hello1'\nB_TOKEN = 'hello2'\n")
    assert len(found) == 3 and not any("hello" in line for line in found)


def test_support_has_the_files_with_their_keys_and_paths(folder: Path) -> None:
    stack = case.said(settings={"modules": {"common": "none.py", "lms": "lms.py"}})
    (folder / "lms.py").write_text("A = 1\n", encoding="utf-8")
    assert dict(own_python(stack)) == {
        "settings/common.py": "# openedx:settings.modules.common: none.py\n"
        "# there is no file none.py: make it, or correct its path\n",
        "settings/lms.py": "# openedx:settings.modules.lms: lms.py\nA = 1\n",
    }


def test_files_that_can_not_be_read(folder: Path) -> None:
    (folder / "latin.py").write_bytes("A = 'é'".encode("latin-1"))
    (folder / "large.py").write_text("# " + "x" * settings_modules.MOST_BYTES, encoding="utf-8")
    said = {"common": "none.py", "lms": "latin.py", "studio": "large.py"}
    assert settings_modules.problems(case.said(settings={"modules": said})) == [
        "openedx:settings.modules.common: there is no file none.py: make it, or correct its path",
        "openedx:settings.modules.lms: latin.py is no text in UTF-8: save it as UTF-8",
        "openedx:settings.modules.studio: large.py has 262,146 bytes, and a ConfigMap has room for 262,144: "
        "put code into a package of the image, and import it here",
    ]
