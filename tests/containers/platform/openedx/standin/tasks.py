"""Tasks: each leaves a row when it has ended."""

import socket
import time

from celery import shared_task

from .models import Execution
from .version import VERSION


@shared_task
def record(number, seconds=0.0):
    """Take some time, then write down that this was done."""
    time.sleep(seconds)
    Execution.objects.create(number=number, host=socket.gethostname(), version=VERSION)
