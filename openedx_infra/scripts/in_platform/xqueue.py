"""Answers that wait at Xqueue: counts, shows and grades them, by Xqueue's own models. Runs in Xqueue.

Verbs send it with a request (`serve.py`).
"""

import json
from html import escape

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min
from django.utils import timezone
from submission_queue.consumer import post_grade_to_lms
from submission_queue.models import Submission


class Refused(Exception):
    """Nothing was done. The text says why."""


def count():
    """Waiting answers of each queue, and when the oldest arrived. Queues that are no longer served and have
    some are among them."""
    rows = waiting().values("queue_name").annotate(number=Count("id"), oldest=Min("arrival_time"))
    found = {row["queue_name"]: row for row in rows}
    return [
        {
            "queue": name,
            "waiting": found[name]["number"] if name in found else 0,
            "oldest": found[name]["oldest"].isoformat() if name in found else None,
            "served": name in settings.XQUEUES,
        }
        for name in sorted({*settings.XQUEUES, *found})
    ]


def show(queue, number):
    """The oldest waiting answers of a queue, at most `number`. Nobody who fetches answers notices."""
    if queue not in settings.XQUEUES:
        raise Refused(f"There is no queue {queue}: there are {', '.join(sorted(settings.XQUEUES))}.")
    return [shown(row) for row in waiting().filter(queue_name=queue).order_by("arrival_time")[:number]]


def grade(submission, score, correct, message):
    """Send a grade for an answer to the LMS, and take it from its queue. Where the LMS doesn't take the
    grade, the answer stays."""
    with transaction.atomic():
        row = Submission.objects.select_for_update().filter(id=submission).first()
        if row is None:
            raise Refused(
                f"There is no answer {submission}: `openedx-infra xqueue show` lists those that wait."
            )
        if row.retired:
            raise Refused(f"Answer {submission} waits no longer: it was graded, or sent once more.")
        # The LMS shows it as HTML.
        reply = json.dumps({"correct": correct, "score": score, "msg": f"<p>{escape(message)}</p>"})
        if not post_grade_to_lms(row.xqueue_header, reply):
            raise Refused(
                f"The LMS did not take the grade of answer {submission}, which goes on waiting: "
                "`openedx-infra logs lms` shows why."
            )
        row.grader_id, row.grader_reply, row.return_time = "openedx-infra", reply, timezone.now()
        row.lms_ack = row.retired = True
        row.save()
    return {"queue": row.queue_name}


def waiting():
    """Answers that nobody has graded."""
    return Submission.objects.filter(retired=False)


def shown(row):
    """An answer, as people want to see it."""
    body = parsed(row.xqueue_body)
    return {
        "id": row.id,
        "arrived": row.arrival_time.isoformat(),
        "failures": row.num_failures,
        "answer": body.get("student_response", row.xqueue_body),
        "grader_payload": body.get("grader_payload"),
        "student": parsed(body.get("student_info")),
        "files": sorted(parsed(row.urls)),
    }


def parsed(text):
    """A map that is written as JSON; an empty one for everything else."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


ACTIONS = {"count": count, "show": show, "grade": grade}
