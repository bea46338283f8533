"""Notes' section of the stack file, and its public host."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.types.hosts import Hostname
from openedx_infra.services.companion import Served, ServiceSection, Stack


class Notes(ServiceSection):
    """Notes (edx-notes-api). Courses have it once an author turns Notes on in Pages & Resources."""

    host: Hostname | None = None
    """Public host, which learners' browsers ask. None: `notes.` before that of the LMS."""
    search_by: Literal["database", "meilisearch", "elasticsearch"] = "database"
    """What finds words in notes. `database`: MySQL, among those of one learner in one course, by texts and
    tags. `meilisearch`: the instance's own, which forgives misspellings; but it knows no tags, shows 25 hits
    and no more, and a note is kept with an error while it doesn't answer. `elasticsearch`: the server of
    Course Discovery (`services.discovery.search`); it finds words by their stems, and tags."""
    notes_per_course: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 500
    """Notes that a learner may have in a course."""
    web: Served = Served(cpu="50m", memory="256Mi", memory_limit="512Mi")
    """Size of its web server: 2 processes of 82 MiB at rest (measured)."""


def host(stack: Stack, notes: Notes) -> str:
    """Its public host."""
    return notes.host or f"notes.{stack.site.lms_host}"
