"""Runs programs in pods of tests, each in a process of its own that has this one's libraries loaded already.

A line of its input is a program with its environment, a line of its output what the program printed, or why
it failed. Nothing but libraries is loaded here, and none of what a program does reaches the next one.
"""

import json
import os
import sys
import tempfile
import traceback
from importlib import import_module

for name in sys.argv[1:]:
    import_module(name)


def run(request, out):
    """Like `python -c` in that environment."""
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[:0] = os.environ["PYTHONPATH"].split(":")
    os.dup2(out.fileno(), 1)
    try:
        exec(compile(request["code"], "<pod>", "exec"), {"__name__": "__main__"})
        status = 0
    except BaseException:
        traceback.print_exc(file=sys.stdout)
        status = 1
    sys.stdout.flush()
    os._exit(status)


for line in sys.stdin:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        child = os.fork()
        if not child:
            run(json.loads(line), out)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        print(json.dumps({"status": status, "output": out.read()}), flush=True)
