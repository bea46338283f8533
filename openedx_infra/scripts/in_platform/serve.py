"""Carries out one request of the file before it, whose ACTIONS it calls.

The request is a line of JSON on standard input; what follows there is the action's. The answer goes to
standard output, after a line that marks its beginning: before it stands what the platform printed while it
was loaded. What the platform prints and logs later goes to standard error.
"""

import inspect
import json
import os
import sys

answers = os.fdopen(os.dup(1), "wb")
sys.stdout.flush()
os.dup2(2, 1)
request = json.loads(sys.stdin.buffer.readline())
answers.write(b"\nopenedx-infra: answer\n")
scope = globals()
action = scope["ACTIONS"][request.pop("action")]
try:
    result = action(**request)
    # What is a stream by itself begins with its answer.
    pieces = result if inspect.isgenerator(result) else iter([result])
    answer = {"done": next(pieces)}
except scope["Refused"] as refusal:
    pieces, answer = iter(()), {"refused": str(refusal)}
answers.write(json.dumps(answer, default=str).encode() + b"\n")
for piece in pieces:
    answers.write(piece)
answers.close()
