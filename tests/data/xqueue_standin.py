"""Stand-ins for what Xqueue's shell gives to the script of its verbs: answers over a list, and an LMS.

Made from the facts: the fields of Submission, and `post_grade_to_lms`, which says whether the LMS took it.
"""

import sys
import types
from contextlib import contextmanager
from datetime import UTC, datetime

posted = []
taken = True


class Row:
    """An answer."""

    def __init__(self, number, queue, body, header="{}", files="", retired=False):
        self.id, self.queue_name, self.xqueue_body, self.xqueue_header = number, queue, body, header
        self.urls, self.retired, self.num_failures, self.saved = files, retired, 0, False
        self.arrival_time = datetime(2026, 11, 30, 12, number, tzinfo=UTC)

    def save(self):
        self.saved = True


class Rows(list):
    """A query's result; also the manager."""

    def filter(self, **wanted):
        return Rows(row for row in self if all(getattr(row, *item[:1]) == item[1] for item in wanted.items()))

    def select_for_update(self):
        return self

    def first(self):
        return self[0] if self else None

    def order_by(self, name):
        return Rows(sorted(self, key=lambda row: getattr(row, name)))

    def values(self, name):
        self.group = name
        return self

    def annotate(self, number, oldest):
        names = dict.fromkeys(getattr(row, self.group) for row in self)
        return [
            {
                self.group: name,
                "number": len(self.filter(**{self.group: name})),
                "oldest": min(row.arrival_time for row in self.filter(**{self.group: name})),
            }
            for name in names
        ]


answers = Rows()


def post_grade_to_lms(header, body):
    posted.append((header, body))
    return taken


@contextmanager
def atomic():
    yield


def install(queues):
    """Put all of them where the script imports them from."""
    modules = {
        "django": {},
        "django.conf": {"settings": types.SimpleNamespace(XQUEUES=queues)},
        "django.db": {"transaction": types.SimpleNamespace(atomic=atomic)},
        "django.db.models": {"Count": lambda field: None, "Min": lambda field: None},
        "django.utils": {"timezone": types.SimpleNamespace(now=lambda: datetime.now(UTC))},
        "submission_queue": {},
        "submission_queue.consumer": {"post_grade_to_lms": post_grade_to_lms},
        "submission_queue.models": {"Submission": types.SimpleNamespace(objects=answers)},
    }
    for name, content in modules.items():
        module = types.ModuleType(name)
        vars(module).update(content)
        sys.modules[name] = module
