"""The verb `import data` asks its pod in order, and puts nothing in force that is not whole."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.transfer import checks, data, import_pod
from openedx_infra.operations.transfer.place import Place, Stream, place
from openedx_infra.operations.transfer.report import Report

EMPTY: dict[str, Any] = {
    "used": {},
    "migrations": ["auth.0001_initial"],
    "staged": {"table": {}, "collection": {}},
    "switched": [],
    "history": False,
    "mysql": "openedx",
}
SUMMARY = {"table": {"main.auth_user": {"rows": 3, "sums": {"id": "6"}}}, "collection": {}}


class Stage:
    """A pod that answers, and an `up` that only tells that it was asked for."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.answers: dict[str, Any] = {
            "look": EMPTY,
            "load_mysql": {"seen": ["main.auth_user"], "left_out": [], "mended": []},
            "migrations_staged": ["auth.0001_initial"],
            "summary": SUMMARY,
            "switch": {"hosts": ["site old.example.org is learn.example.org"]},
        }

    def ask(self, script: str, request: Mapping[str, Any], *, data: Any = None, on_line: Any = None) -> Any:
        while data is not None and data.read(1000):
            pass
        self.log.append(request["action"])
        if request["action"] == "switch":
            self.log.append(request["hosts"])
        return self.answers.get(request["action"], {})

    @contextmanager
    def pod(self, *_: Any) -> Iterator[Stage]:
        self.log.append("pod")
        yield self
        self.log.append("no pod")

    def up(self, request: Request, *_: Any, refresh: bool = False) -> None:
        assert request.config_file is not None
        config = yaml.safe_load(request.config_file.read_text())["config"]
        self.log.append(("up", "openedx:maintenance" in config, refresh))


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage()
    monkeypatch.setattr(data, "import_pod", stage.pod)
    monkeypatch.setattr(data._Instance, "client", lambda _: "client")
    monkeypatch.setattr(data._Instance, "free", lambda *_: None)
    monkeypatch.setattr(data.upgrade, "up", stage.up)
    monkeypatch.setattr(data, "wait_until_stopped", lambda *_: stage.log.append("stopped"))
    monkeypatch.setattr(data.restore, "delete_jobs", lambda *_: stage.log.append("no jobs"))
    return stage


@pytest.fixture
def run(tmp_path: Path, stage: Stage) -> Any:
    config = {"openedx:site": {"lms_host": "learn.example.org"}, "openedx:cluster": {"context": "here"}}
    path = tmp_path / "Pulumi.campus.yaml"
    path.write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
    (tmp_path / "dumps").mkdir()
    (tmp_path / "dumps" / "edxapp.sql").write_text("-- Dump completed\n", encoding="utf-8")

    def run_it(*, confirm: Any = None, **options: Any) -> str:
        given = {"kind": "dump", "place": str(tmp_path / "dumps"), "report": tmp_path, **options}
        out = io.StringIO()
        data.import_data(
            Request(name="campus", config_file=path),
            data.Options(**given),
            Console(file=out),
            confirm=confirm,
        )
        return out.getvalue()

    return run_it


COPY = ["look", "load_mysql", "prune", "migrations_staged", "summary"]


def test_copy_stop_switch_start_and_only_then_clear(run: Any, stage: Stage, tmp_path: Path) -> None:
    run(hosts={"old.example.org": "learn.example.org", "same.example.org": "same.example.org"})
    assert stage.log == [
        "pod", *COPY, "no pod",
        ("up", True, False), "stopped",
        "pod", "switch", {"old.example.org": "learn.example.org"}, "no pod",
        "no jobs", ("up", False, True),
        "pod", "clear", "no pod",
    ]  # fmt: skip
    [report] = tmp_path.glob("import-campus-*.md")
    text = report.read_text(encoding="utf-8")
    assert "**in force**" in text and "| users | 3 | 1 |" in text and "site old.example.org" in text
    assert len([*tmp_path.glob("import-campus-*.json")]) == 1


def test_a_copy_beforehand_puts_nothing_in_force(run: Any, stage: Stage) -> None:
    assert "Nothing is in force yet" in run(warm=True)
    assert stage.log == ["pod", *COPY, "no pod"]


def test_a_no_puts_nothing_in_force(run: Any, stage: Stage) -> None:
    asked: list[str] = []
    run(confirm=lambda question: bool(asked.append(question)))
    assert "in force in stack campus?" in asked[0] and stage.log == ["pod", *COPY, "no pod"]


def test_after_a_kill_in_the_switch_it_goes_on_there(run: Any, stage: Stage) -> None:
    stage.answers["look"] = {**EMPTY, "switched": ["begun"], "used": {"courses": 1}, "migrations": []}
    run()
    assert (
        stage.log[:3] == ["pod", "look", "no pod"] and "switch" in stage.log and "load_mysql" not in stage.log
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"used": {"student_courseenrollment": 7}}, "7 rows of student_courseenrollment"),
        ({"migrations": []}, "has no tables yet"),
    ],
)
def test_a_target_that_is_not_empty(run: Any, stage: Stage, found: Any, words: str) -> None:
    stage.answers["look"] = {**EMPTY, **found}
    with pytest.raises(OperationError, match=words):
        run()
    assert stage.log == ["pod", "look"]


def test_a_newer_release_is_refused_before_the_question(run: Any, stage: Stage) -> None:
    stage.answers["migrations_staged"] = ["auth.0001_initial", "auth.0002_later", "plugin.0009_mine"]
    with pytest.raises(OperationError, match=r"newer release .* this has no auth\.0002_later\."):
        run()
    assert "switch" not in stage.log


@pytest.mark.parametrize(("kind", "where"), [("elsewhere", "/x"), ("ssh", "/x")])
def test_what_is_no_source(run: Any, kind: str, where: str) -> None:
    with pytest.raises(OperationError, match=r"is no source|names no machine"):
        run(kind=kind, place=where)


def test_places() -> None:
    assert place("/backup") == Place(path="/backup")
    assert place("anna@old.example.org:/backup") == Place(host="anna@old.example.org", path="/backup")
    far = Place(host="old.example.org", path="/a b")
    assert far.command(["cat", "/a b/x"])[-2:] == ["--", "cat '/a b/x'"]
    assert place("-oProxyCommand=x:/y").host is None, "no option for ssh"


def test_a_command_that_fails_is_an_error_at_its_end() -> None:
    stream = Stream(Place(path="/"), ["sh", "-c", "echo some; echo 'No space left' >&2; exit 3"])
    with stream, pytest.raises(OperationError, match=r"exit code 3.*No space left") as failed:
        assert stream.read(100) == b"some\n"
        stream.read(100)
    assert "make room" in str(failed.value.remedy)
    with pytest.raises(OperationError, match="can't be run"):
        Stream(Place(path="/"), ["no-such-program"])


def test_a_command_may_write_before_it_has_read_all() -> None:
    given = b"x" * 3_000_000
    with Stream(Place(path="/"), ["cat"], given) as stream:
        count = 0
        while piece := stream.read(2**16):
            count += len(piece)
    assert count == len(given) == stream.size


def test_room() -> None:
    assert "could not be asked" in checks.require_room("MySQL", 2**31, None)
    assert "2.0 GiB are needed, 3.0 GiB are free" in checks.require_room("MySQL", 2**31, 3 * 2**30)
    with pytest.raises(OperationError, match=r"MySQL has 1\.0 GiB left") as refused:
        checks.require_room("MySQL", 2**31, 2**30)
    assert "openedx:datastores.mysql.storage" in str(refused.value.remedy)
    assert checks.room_of("a.sql.gz", 10) > checks.room_of("a.sql", 10) > 10


def test_squashed_migrations_are_not_newer() -> None:
    here = ["auth.0001_initial", "auth.0005_squashed", "gone.0001_initial"]
    assert checks.require_release(["auth.0001_initial", "auth.0002_old", "other.0009"], here, "ulmo") == 2


def test_the_pod_has_what_the_lms_has_and_serves_nothing() -> None:
    container = {
        "name": "lms",
        "image": "i@sha256:1",
        "env": [{"name": "LMS_CFG", "value": "/c"}],
        "securityContext": {"readOnlyRootFilesystem": True},
        "volumeMounts": [{"name": "v", "mountPath": "/m"}],
        "ports": [{"containerPort": 8000}],
        "readinessProbe": {"httpGet": {}},
    }
    template = {
        "containers": [container, {"name": "sidecar"}],
        "initContainers": [{}],
        "volumes": [{"name": "v"}],
        "restartPolicy": "Always",
        "automountServiceAccountToken": False,
    }
    pod = import_pod.manifest_of(template, "openedx-campus", "campus")
    [only] = pod["spec"]["containers"]
    assert (only["image"], only["env"], only["volumeMounts"]) == (
        "i@sha256:1",
        container["env"],
        container["volumeMounts"],
    )
    assert (
        only["securityContext"]["readOnlyRootFilesystem"]
        and pod["spec"]["automountServiceAccountToken"] is False
    )
    assert not {"ports", "readinessProbe"} & {*only} and "initContainers" not in pod["spec"]
    assert (
        pod["spec"]["restartPolicy"] == "Never"
        and pod["metadata"]["labels"]["app.kubernetes.io/name"] == "edx-platform"
    )
    assert pod["metadata"]["labels"]["app.kubernetes.io/component"] == "import-data"


def test_the_report_tells_what_it_is() -> None:
    report = Report(stack="campus", source="x", release="ulmo", warm=True)
    with report.step("copying"):
        pass
    assert "**a copy beforehand**" in report.markdown() and "| copying | 0.0 |" in report.markdown()
