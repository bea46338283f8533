"""Runs Xqueue's consumer so that SIGTERM ends it between two answers.

The kernel keeps SIGTERM from the first process of a container unless that handles it, and `run_consumer`
does not; nor do its workers, one for each queue, get a signal from anybody. So this is the first process: it
passes SIGTERM to the workers, and ends when they have. A worker that has taken an answer finishes it, and
takes no other; one that waits ends at once.
"""

import multiprocessing
import signal
import sys
from importlib import import_module

import django
from django.core.management import call_command


def stop(_number, _frame):
    """Let all workers end, and end after them."""
    # A second signal must not come in between.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    workers = multiprocessing.active_children()
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join()
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
django.setup()
consumer = import_module("submission_queue.consumer")  # which needs its models


class StoppableWorker(consumer.Worker):
    """A worker that finishes the answer that it has taken."""

    is_stopping = is_delivering = False

    def start(self):
        """Start it. SIGTERM waits until the worker can handle it, and the first process knows the worker."""
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        super().start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def run(self):
        """Take answers until SIGTERM."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        super().run()

    def _stop(self, _number, _frame):
        self.is_stopping = True
        if not self.is_delivering:
            sys.exit(0)

    def _deliver_submission(self):
        self.is_delivering = True
        super()._deliver_submission()
        self.is_delivering = False
        if self.is_stopping:
            sys.exit(0)


# The command takes its workers' class from this module.
consumer.Worker = StoppableWorker
call_command("run_consumer")
