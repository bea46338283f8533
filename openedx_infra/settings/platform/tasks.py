"""A Celery request whose task is started once more after its process died, and no third time.

Runs in the platform. Celery gives such a task back to its queue (CELERY_REJECT_ON_WORKER_LOST). One that
kills each process that works on it, by its use of memory or by a fault in a library, would come back for
ever. So the second death counts as the task's own failure.
"""

from billiard.einfo import ExceptionWithTraceback
from billiard.exceptions import WorkerLostError
from celery.worker import request


class KilledItsProcesses(Exception):
    """The process that worked on a task died twice."""


class Request(request.Request):
    """A task that a worker works on."""

    def on_failure(self, exc_info, *args, **kwargs):
        """Take the second loss of a process as a failure of the task. The broker marks what it hands out
        again."""
        error = exc_info.exception
        error = error.exc if isinstance(error, ExceptionWithTraceback) else error
        if isinstance(error, WorkerLostError) and self.delivery_info.get("redelivered"):
            exc_info.exception = KilledItsProcesses(str(error))
        return super().on_failure(exc_info, *args, **kwargs)
