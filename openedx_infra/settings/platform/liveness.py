"""The liveness file: a process touches it while its main thread is at work.

Runs in the platform, in processes that have no port to ask. A thread looks at the CPU time that the main one
has used: a worker's event loop uses some every second, and so it does while it waits for a broker that is
away; a thread that is stuck in a lock or in a call that never returns uses none. A process that is stopped,
or whose interpreter is stuck, runs no such thread, either.
"""

import os
import threading
import time
from pathlib import Path

VARIABLE = "OPENEDX_ALIVE_FILE"
EVERY_SECONDS = 10


def start():
    """Touch the file that the environment names from now on; without a name, nothing is done.

    Processes that this one starts don't inherit the name, so that none of them speaks for it; threads are not
    inherited anyway.
    """
    path = os.environ.pop(VARIABLE, None)
    if path:
        threading.Thread(target=touch, args=(Path(path),), name="alive", daemon=True).start()


def touch(path, every=EVERY_SECONDS):
    """Touch a file each time that the main thread has used CPU since the last look."""
    clock = time.pthread_getcpuclockid(threading.main_thread().ident)
    used = None
    while True:
        now = time.clock_gettime(clock)
        if now != used:
            path.touch()
        used = now
        time.sleep(every)
