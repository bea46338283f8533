"""A report as one HTML file that needs nothing from outside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from openedx_infra.operations.plan.change_summary import site_names
from openedx_infra.operations.report import picture
from openedx_infra.operations.report.risks import TITLES
from openedx_infra.operations.report.stack_report import StackReport


def text(stacks: Sequence[StackReport], base: str) -> str:
    """The page. Every value is escaped; the pictures are this program's own."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        stacks=stacks,
        base=base,
        titles=TITLES,
        marks=picture.MARKS,
        sites=site_names,
        drawn=lambda each: Markup(each.picture),
        waiting=picture.waiting,
        described=picture.description,
    )
