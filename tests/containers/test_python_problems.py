"""Problems' Python on a real node: the LMS sends it to Codejail, which runs it, and refuses attacks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from commands import run
from instances import COMPONENT
from lightkube.resources.core_v1 import Pod
from rows import Running

from openedx_infra.services.codejail import PROCESSES, USER

pytestmark = pytest.mark.containers

CLIENT = """
import io, json, sys, urllib.request, zipfile
from django.conf import settings
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

def execute(code, values, library):
    payload = {"code": code, "globals_dict": values, "python_path": ["python_lib.zip"] if library else [],
               "limit_overrides_context": None, "slug": "a problem", "unsafely": False}
    form = {"payload": json.dumps(payload)}
    if library:
        form["python_lib.zip"] = file = io.BytesIO()
        file.name = "python_lib.zip"
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("course_library.py", library)
        file.seek(0)
    assert settings.ENABLE_CODEJAIL_REST_SERVICE
    request = urllib.request.Request(
        settings.CODE_JAIL_REST_SERVICE_HOST + "/api/v0/code-exec",
        encode_multipart(BOUNDARY, form), {"Content-Type": MULTIPART_CONTENT})
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.load(response)

print("ANSWERS " + json.dumps([execute(**each) for each in json.loads(ASKED)]))
"""
"""Asks what edx-platform's xmodule/capa/safe_exec/remote_exec.py asks, by the settings of the LMS."""


@pytest.fixture(scope="module")
def with_codejail(running: Running) -> Iterator[Running]:
    """The instance with Codejail, which was added while it ran, and is taken out again."""
    # Time enough for an execution on two busy cores.
    section = {"web": {"memory": "192Mi", "memory_limit": "768Mi"}, "execution_seconds": 20}
    running.instance.say(services={"codejail": section})
    running.instance.up()
    yield running
    running.instance.say(services={"codejail": {"enabled": False}})
    running.instance.up()


def execute(running: Running, executions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Send executions from a pod of the LMS, one after the other; return what each came to."""
    whole = [{"values": {}, "library": None, **each} for each in executions]
    heard = run(running, "shell", stdin=f"ASKED = {json.dumps(whole)!r}\n{CLIENT}")
    [line] = [line for line in heard.out.splitlines() if line.startswith("ANSWERS ")] or [heard]
    assert isinstance(line, str), line
    answers: list[dict[str, Any]] = json.loads(line.removeprefix("ANSWERS "))
    return answers


def test_a_problem_is_drawn_and_graded(with_codejail: Running) -> None:
    """As the platform does it: the script of the problem draws numbers, and later judges the answer."""
    script = """
import random
from course_library import double
random.seed(seed)
a = random.randint(1, 100)
right = double(a)
"""
    check = "def judge(given):\n    return {'ok': int(given) == right}\ngraded = judge(answer)"
    library = "def double(number):\n    return 2 * number"
    running = with_codejail
    [drawn] = execute(running, [{"code": script, "values": {"seed": 7}, "library": library}])
    assert "emsg" not in drawn, drawn
    values = drawn["globals_dict"]
    assert values["right"] == 2 * values["a"]
    answers = [str(values["right"]), "0"]
    graded = execute(
        running, [{"code": check, "values": {"right": values["right"], "answer": each}} for each in answers]
    )
    assert [each["globals_dict"]["graded"]["ok"] for each in graded] == [True, False]


ATTACKS = {
    "connect to the LMS": ("import socket; socket.create_connection(('lms', 8000))", "Errno"),
    "connect to an address": ("import socket; socket.create_connection(('192.0.2.1', 80))", "Errno 13"),
    "list the root": ("import os; os.listdir('/')", "Errno 13"),
    "read the settings": ("open('/openedx/config/openedx_infra_codejail.py')", "Errno 13"),
    "read the environment": ("import os; open(f'/proc/{os.getppid()}/environ')", "Errno 13"),
    "read other executions": ("import os; os.listdir('..')", "Errno 13"),
    "change the program that confines": ("open('/openedx/sandbox/sudo', 'w')", "Errno"),
    "write beside its folder": ("open('../x', 'w')", "Errno 13"),
    "start a shell": ("import subprocess; subprocess.run(['/bin/sh', '-c', 'id'])", "Errno 13"),
    "kill the service": ("import os; os.kill(1, 9)", "Errno 1]"),
    "fill the disk": ("open('tmp/x', 'wb').write(bytes(2**26))", "Errno 27"),
    "take all memory": ("x = bytearray(2**30)", "MemoryError"),
    "never end": ("while True: pass", "status code: -"),
    "sleep": ("import time; time.sleep(10_000)", "status code: -9"),
}
BOMB = """
import os, time
made = 0
try:
    while True:
        if os.fork() == 0:
            for number in (0, 1, 2):
                os.close(number)
            time.sleep(10_000)
        made += 1
except BlockingIOError:
    pass
"""
LEFT = """
import os
names = [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
print([open(f"/proc/{name}/cmdline").read().split("\\0")[1] for name in names], os.listdir("/tmp"))
"""


def test_attacks_fail_and_leave_nothing(with_codejail: Running) -> None:
    running = with_codejail
    answers = execute(running, [{"code": code} for code, _ in ATTACKS.values()])
    for (name, (_, error)), answer in zip(ATTACKS.items(), answers, strict=True):
        assert error in answer.get("emsg", "it was done"), (name, answer)
    bomb, after = execute(running, [{"code": BOMB}, {"code": "x = 16 + 1"}])
    assert 1 <= bomb["globals_dict"]["made"] < PROCESSES, bomb
    assert after == {"globals_dict": {"x": 17}}

    [pod] = running.instance.client.list(Pod, labels={COMPONENT: "codejail"})
    assert pod.status and pod.status.containerStatuses and pod.spec and pod.spec.securityContext
    assert pod.spec.securityContext.runAsUser == USER
    assert [each.restartCount for each in pod.status.containerStatuses] == [0]
    heard = run(running, "exec", "codejail", "--", "/venv/bin/python", "-c", LEFT)
    assert heard.code == 0, heard
    processes, _, files = heard.out.strip().partition("] [")
    assert "gunicorn" in processes and "jailed_code" not in processes, heard.out
    assert "codejail-" not in files, heard.out
