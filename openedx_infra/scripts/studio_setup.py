"""Fills Studio's search indexes. Piped into `manage.py cms shell`.

Studio's own index, for which it needs Meilisearch, is filled by a task that its workers take on in the
background; on Ulmo, here. The index of courseware, which the LMS searches, is filled here when it is empty,
as after a new start of Meilisearch without its data; otherwise it follows each change of a course by itself.

Environment: STUDIO_INDEX, the arguments of each run of `reindex_studio` as JSON.
"""

import json
import os

from django.conf import settings
from django.core.management import call_command
from search.search_engine_base import SearchEngine


def studio_index():
    """Courses, components and libraries, for authors."""
    if settings.MEILISEARCH_ENABLED:
        for arguments in json.loads(os.environ["STUDIO_INDEX"]):
            call_command("reindex_studio", *arguments)


def courseware_index():
    """Courseware, for learners."""
    index = SearchEngine.get_search_engine("courseware_content")
    if index.search(size=1)["total"] == 0:
        call_command("reindex_course", "--active")


STEPS = (studio_index, courseware_index)
for number, task in enumerate(STEPS, 1):
    print(f"studio_setup: {number} of {len(STEPS)}: {task.__name__.replace('_', ' ')}", flush=True)
    task()
print("studio_setup: done", flush=True)
