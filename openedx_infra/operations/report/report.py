"""The verb report: what a change means for each stack that it touches, in one of several forms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from openedx_infra.config import ConfigError
from openedx_infra.operations.deploy import planning
from openedx_infra.operations.engine.session import Request, begin
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.plan.change_summary import ChangeSummary, summary
from openedx_infra.operations.report import approvals, costs, picture, recordings
from openedx_infra.operations.report.components import components
from openedx_infra.operations.report.faces import html, markdown, sarif
from openedx_infra.operations.report.masked import masked
from openedx_infra.operations.report.options import Format, Outcome, Source
from openedx_infra.operations.report.repository import Repository
from openedx_infra.operations.report.stack_report import Pair, StackReport, stack_report
from openedx_infra.operations.report.touched import touched
from openedx_infra.operations.secrets import secrets
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.checkout import CHECKOUT, stack_file_path
from openedx_infra.operations.state.open_stack import open_stack, tools
from openedx_infra.operations.support.masking import Mask
from tools.errors import ToolError


@dataclass(frozen=True, kw_only=True)
class ChangeReport:
    """The reports on all stacks that a change touches."""

    base: str
    """The commit that it is compared with."""
    stacks: Sequence[StackReport]
    mask: Mask

    @property
    def outcome(self) -> Outcome:
        """The most of all stacks."""
        return max(
            (each.outcome for each in self.stacks), key=lambda each: each.grade, default=Outcome.NOTHING
        )

    def text(self, form: Format, limit: int = markdown.GITHUB) -> str:
        """The report in a form, with secrets masked. `limit` is that of Markdown, in characters."""
        match form:
            case Format.MARKDOWN:
                return self.mask(markdown.text(self.stacks, self.base, limit))
            case Format.HTML:
                return self.mask(html.text(self.stacks, self.base))
            case Format.JSON:
                return self.mask(self._json())
            case Format.SARIF:
                return self.mask(sarif.text(self.stacks))

    def _json(self) -> str:
        content = {
            "version": 1,
            "base": self.base,
            "outcome": self.outcome.value,
            "stacks": [each.as_json() for each in self.stacks],
        }
        return json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n"


def report(
    base: str | None,
    console: Console,
    *,
    source: Source = Source.AUTO,
    only: Sequence[str] = (),
    rules_file: Path | None = None,
    prices_file: Path | None = None,
) -> ChangeReport:
    """Compare the checkout with a base. Nothing is changed, neither in the checkout nor in a cluster.

    `only` names stacks; without it, all that the change touches. Raises OperationError when the repository, a
    file or, with `preview` as source, a state can't be read.
    """
    repository = Repository(CHECKOUT)
    commit = repository.base(base)
    prices = costs.read(prices_file) if prices_file else costs.read()
    rules = _rules(repository, commit, rules_file)
    with repository.files(commit) as folder:
        found = touched(repository.changed(commit), CHECKOUT, folder)
        names = [name for name in found if not only or name in only]
        with ThreadPoolExecutor(1) as pool:
            present = [name for name in names if stack_file_path(name).exists()]
            of_base = pool.submit(recordings.of_folder, present, folder, CHECKOUT)
            afterwards = {name: _now(name) for name in names}
            previews = {name: _previewed(name, afterwards[name], source, console) for name in names}
            before = of_base.result()
    pairs = [
        Pair(
            name=name,
            files=found[name],
            before=before.get(name, recordings.Recording()),
            now=afterwards[name],
            preview=previews[name].summary,
            note=previews[name].note,
        )
        for name in names
    ]
    secret = {value for name in names for value in previews[name].secrets}
    mask = Mask(secret)
    stacks = [masked(stack_report(each, rules, prices), mask) for each in pairs]
    return ChangeReport(base=commit[:12], stacks=stacks, mask=mask)


def graph(name: str, config_file: Path | None) -> str:
    """The picture of a stack as it is described, as SVG. Raises ConfigError with what is wrong with it."""
    recorded = recordings.of_checkout(name, config_file)
    if recorded.problems:
        raise ConfigError(name, recorded.problems)
    return picture.svg(components(recorded, recorded, summary((), None)), f"Components of {name}")


def write(texts: Mapping[str, str], folder: Path) -> list[Path]:
    """Write texts by their files' names into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def texts(found: ChangeReport, forms: Iterable[Format], limit: int) -> dict[str, str]:
    """The report in each form and the pictures of all stacks, by the files' names."""
    named = {f"report.{form.ending}": found.text(form, limit) for form in forms}
    pictures = {f"{each.stack}.svg": found.mask(each.picture) for each in found.stacks if each.picture}
    return {**named, **pictures}


def _rules(repository: Repository, commit: str, path: Path | None) -> approvals.Rules:
    """The rules in a file that is named, or the base's."""
    if path:
        return approvals.read(path.read_text(encoding="utf-8"), str(path))
    return approvals.read(repository.text(commit, approvals.FILE))


def _now(name: str) -> recordings.Recording:
    exists = stack_file_path(name).exists()
    return recordings.of_checkout(name) if exists else recordings.Recording(missing=True)


@dataclass(frozen=True, kw_only=True)
class _Previewed:
    summary: ChangeSummary | None = None
    note: str = ""
    secrets: Sequence[str] = ()
    """Values that must not be shown."""


def _previewed(name: str, now: recordings.Recording, source: Source, console: Console) -> _Previewed:
    """What Pulumi's preview finds; a note where there is none. Raises OperationError if one is demanded."""
    if source is Source.RECORDED or not now.usable:
        return _Previewed()
    file = stack_file.read(name)
    if source is Source.AUTO and file.local:
        return _Previewed(note="the stack names no cluster")
    try:
        live = open_stack(file, tools(console))
        if source is Source.AUTO and not live.exists():
            return _Previewed(note="it was never brought up from here")
        session = begin(Request(name=name), console)
        values = secrets.reveal(session.live)
        return _Previewed(summary=planning.plan(session, console).summary, secrets=tuple(values.values()))
    except (OperationError, ToolError, ConfigError) as error:
        if source is Source.PREVIEW:
            raise
        return _Previewed(note=f"a preview failed: {str(error).splitlines()[0][:200]}")
