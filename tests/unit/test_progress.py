"""Progress shows what is done, what failed and why."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from openedx_infra.operations.engine import failure
from openedx_infra.operations.engine.events import Failed, Finished, Message, Started, Summary
from openedx_infra.operations.engine.progress import Plan, Progress, counted
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.state.pulumi_errors import plain
from openedx_infra.operations.urn import Urn

PREFIX = "urn:pulumi:mine::openedx::openedx:index:Platform$openedx:index:Lms$kubernetes"
LMS = Urn(f"{PREFIX}:apps/v1:Deployment::lms")
SETTINGS = Urn(f"{PREFIX}:core/v1:ConfigMap::lms-settings")
DATABASE = Urn(
    "urn:pulumi:mine::openedx::openedx:index:Platform$openedx:index:Datastores$aws:rds/instance:Instance::mysql"
)
COMPONENT = Urn("urn:pulumi:mine::openedx::openedx:index:Platform$openedx:index:Lms::lms")


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def progress(out: io.StringIO) -> Progress:
    return Progress(Console(file=out, width=160))


def test_an_urn_is_read() -> None:
    assert (LMS.kind, LMS.name, LMS.owner, LMS.is_kubernetes) == ("Deployment", "lms", "Lms", True)
    assert not COMPONENT.is_kubernetes and not DATABASE.is_kubernetes
    assert LMS.is_shown and DATABASE.is_shown and not COMPONENT.is_shown
    assert Urn("urn:pulumi:mine::openedx::pulumi:pulumi:Stack::openedx-mine").owner == ""


def test_colours_are_taken_away() -> None:
    assert plain("<{%fg 1%}>error:<{%reset%}> \x1b[31mno\x1b[0m\n") == "error: no"


def test_what_is_made_is_told_and_a_component_is_not(progress: Progress, out: io.StringIO) -> None:
    for urn in (LMS, COMPONENT):
        progress(Started(urn=urn, op="create"))
        progress(Finished(urn=urn, op="create"))
    assert out.getvalue().split() == ["+", "created", "Lms", "Deployment", "lms"]


def test_what_aws_is_asked_for_is_told(progress: Progress, out: io.StringIO) -> None:
    progress(Started(urn=DATABASE, op="create"))
    assert progress._lines()[0].startswith("Instance mysql")
    progress(Finished(urn=DATABASE, op="create"))
    assert out.getvalue().split() == ["+", "created", "Datastores", "Instance", "mysql"]


def test_a_refusal_to_replace_data_is_told_without_the_programs_own_complaint(progress: Progress) -> None:
    refused = (
        f'unable to replace resource "{DATABASE.text}"\nas it is currently marked for protection. '
        "To unprotect the resource, remove the `protect` flag from the resource in your Pulumi program"
    )
    for line in ("Traceback (most recent call last):", "  …", "KeyboardInterrupt"):
        progress(Message(urn=None, severity="info#err", text=line))
    progress(Message(urn=DATABASE, severity="error", text=refused))
    assert progress.printed == []
    told = str(failure.of_program(OperationError("?"), progress.errors, progress.printed))
    assert "Instance mysql holds data" in told and "preview --refresh" in told and "Pulumi" not in told


def test_small_things_are_told_when_they_change_and_not_when_all_is_new(
    progress: Progress, out: io.StringIO
) -> None:
    progress(Finished(urn=SETTINGS, op="create"))
    assert out.getvalue() == ""
    progress(Finished(urn=SETTINGS, op="create-replacement"))
    assert "ConfigMap lms-settings" in out.getvalue()


def test_a_failure_keeps_what_was_said_about_it(progress: Progress) -> None:
    progress(Started(urn=LMS, op="update"))
    progress(Message(urn=LMS, severity="error", text="it is so"))
    progress(Failed(urn=LMS, op="update"))
    progress(Message(urn=None, severity="error", text="update failed"))
    progress(Message(urn=None, severity="info#err", text="KeyboardInterrupt"))
    (found,) = progress.failures
    assert (found.urn, found.why) == (LMS, ("it is so",))
    assert progress.errors == ["update failed"]
    assert progress.printed == [], "the program complains of being ended, which is not its fault"


def test_an_error_of_the_program_itself_is_told_as_it_is(progress: Progress) -> None:
    text = "Program failed with an unhandled exception:\nStack mine: 1 error"
    progress(Message(urn=None, severity="error", text=text))
    error = failure.of_program(OperationError("Pulumi failed"), progress.errors)
    assert str(error) == "Stack mine: 1 error"


def test_where_nothing_was_said_pulumis_own_words_stay() -> None:
    error = OperationError("Pulumi failed")
    assert failure.of_program(error, []) is error


def test_a_stop_names_what_was_cut_short(progress: Progress) -> None:
    progress(Failed(urn=LMS, op="update"))
    error = failure.of_stop(progress, "mine", "up")
    assert "Deployment lms" in error.message
    assert "up --stack mine" in (error.remedy or "")


def test_a_plan_names_the_properties_that_differ(out: io.StringIO) -> None:
    plan = Plan()
    plan(Started(urn=LMS, op="same"))
    plan(Started(urn=SETTINGS, op="update", changed=("data.x",)))
    volume = "spec.template.spec.volumes[{}].projected.sources[0].configMap.name"
    plan(Started(urn=LMS, op="update", changed=(volume.format(0), volume.format(1), "spec.replicas")))
    plan(Summary(changes={"update": 1, "same": 1}, seconds=1))
    plan.show(Console(file=out, width=160))
    assert [step.urn for step in plan.steps] == [SETTINGS, LMS]
    assert "Deployment lms  [what it reads, spec.replicas]" in out.getvalue()
    assert "ConfigMap lms-settings  [data.x]" in out.getvalue()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"create": 2, "same": 3}, "2 created, 3 unchanged"),
        ({"same": 3}, "no changes (3 unchanged)"),
        ({}, "no changes"),
    ],
)
def test_changes_are_counted_in_words(changes: dict[str, int], told: str) -> None:
    assert counted(changes) == told
