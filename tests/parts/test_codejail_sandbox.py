"""Problems' Python, run by the codejail library through our stand-in for sudo: what works, and attacks."""

from __future__ import annotations

import ctypes
import json
import os
import platform
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import six
from servers import demand

from openedx_infra.services.codejail import PROCESSES, sandbox_program
from openedx_infra.services.codejail.sandbox import MACHINES, REFUSED

pytestmark = pytest.mark.parts

# As the service's settings module does it: one search path for what has no environment, one for what has.
DRIVER = """
import json, os, sys
folder, request = sys.argv[1], json.loads(sys.argv[2])
os.defpath = folder + ":" + os.defpath
os.environ["PATH"] = folder + ":" + os.environ["PATH"]
from codejail import jail_code
from codejail.safe_exec import SafeExecException, safe_exec
jail_code.configure("python", "/usr/bin/python3", user="sandbox")
for name, value in request["limits"].items():
    jail_code.set_limit(name, value)
values = {}
try:
    safe_exec(request["code"], values, slug="a test")
    print(json.dumps({"values": values}))
except SafeExecException as error:
    print(json.dumps({"error": str(error)}))
"""
PYTHON = "/usr/bin/python3"
"""The system's: an ordinary user may read it, wherever the tests' own is."""
LIMITS = {"CPU": 10, "REALTIME": 100, "VMEM": 512 * 2**20, "FSIZE": 2**20, "NPROC": PROCESSES, "PROXY": 0}
USER = 1_934_200_000 + os.getpid()
"""Nobody else's number, so that the kernel counts the processes of this run alone."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that an ordinary user reads, with our `sudo` and the codejail library."""
    demand("setpriv", PYTHON)
    if ctypes.CDLL(None).syscall(444, None, 0, 1) < 1:
        pytest.skip("this kernel has no Landlock")
    with tempfile.TemporaryDirectory(prefix="sandbox-") as name:
        place = Path(name)
        place.chmod(0o755)
        library = find_spec("codejail")
        assert library and library.submodule_search_locations
        shutil.copytree(library.submodule_search_locations[0], place / "codejail")
        shutil.copy(str(six.__file__), place / "six.py")
        (place / "executions").mkdir()
        (place / "executions").chmod(0o1777)
        program = place / "sudo"
        program.write_text(sandbox_program().replace("#!/sandbox/venv/bin/python", f"#!{PYTHON}", 1))
        program.chmod(0o555)
        yield place


def run(folder: Path, code: str, **limits: int) -> dict[str, Any]:
    """Run a problem's code as its pod does: an ordinary user without any right or way to one."""
    request = json.dumps({"code": code, "limits": LIMITS | limits})
    user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs"]
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder), "TMPDIR": str(folder / "executions")}
    done = subprocess.run(
        [*user, "--bounding-set=-all", PYTHON, "-c", DRIVER, str(folder), request],
        capture_output=True,
        text=True,
        timeout=300,
        env=env,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def values(folder: Path, code: str, **limits: int) -> dict[str, Any]:
    answer = run(folder, code, **limits)
    assert "error" not in answer, answer["error"]
    found: dict[str, Any] = answer["values"]
    return found


def test_a_problem_computes_writes_and_reads_in_its_own_folder(folder: Path) -> None:
    code = """
import math, os, tempfile, threading
with open("tmp/drawing.txt", "w") as file:
    file.write("a circle")
text = open("tmp/drawing.txt").read()
os.mkdir("tmp/more")
os.rename("tmp/drawing.txt", "tmp/other.txt")
os.remove("tmp/other.txt")
there = sorted(os.listdir("."))
said = []
thread = threading.Thread(target=lambda: said.append("thread"))
thread.start()
thread.join()
answer = round(math.pi, 2)
home, names = os.environ["HOME"] == os.path.join(os.getcwd(), "tmp"), sorted(os.environ)
"""
    found = values(folder, code)
    assert (found["answer"], found["text"], found["said"]) == (3.14, "a circle", ["thread"])
    assert found["there"] == ["jailed_code", "tmp"]
    assert found["home"] and set(found["names"]) <= {"HOME", "LC_CTYPE", "PATH", "TMPDIR"}


ATTACKS = {
    "list the root": ("import os; os.listdir('/')", "Errno 13"),
    "list other executions": ("import os; os.listdir('..')", "Errno 13"),
    "read the users": ("open('/etc/passwd').read()", "Errno 13"),
    "read the settings": ("open('/openedx/config/x')", "Errno"),
    "read the environment of the service": ("import os; open(f'/proc/{os.getppid()}/environ')", "Errno 13"),
    "read a token": ("open('/var/run/secrets/kubernetes.io/serviceaccount/token')", "Errno"),
    "change the code that runs": ("open('jailed_code', 'w')", "Errno 13"),
    "write beside its folder": ("open('../x', 'w')", "Errno 13"),
    "write to the system": ("open('/usr/lib/x', 'w')", "Errno"),
    "a link out of its folder": ("import os; os.symlink('/etc/passwd', 'tmp/link')", "Errno 13"),
    "a hard link": ("import os; os.link('jailed_code', 'tmp/link')", "Errno"),
    "mode of another's folder": ("import os; os.chmod('..', 0o777)", "Errno 1]"),
    "owner of another's folder": ("import os; os.chown('..', 0, 0)", "Errno 1]"),
    "length of a file": ("import os; os.truncate('jailed_code', 0)", "Errno 1]"),
    "time of another's folder": ("import os; os.utime('..')", "Errno 1]"),
    "start a program": ("import subprocess; subprocess.run(['/usr/bin/true'])", "Errno 13"),
    "start itself": ("import subprocess, sys; subprocess.run([sys.executable])", "Errno 13"),
    "start a program by the loader": (
        "import os; os.execv('/lib64/ld-linux-x86-64.so.2', ['x', '/usr/bin/true'])",
        "Errno",
    ),
    "start what it wrote": (
        "import os; open('tmp/x', 'w').write('#!/bin/sh'); os.execv('tmp/x', ['x'])",
        "Errno 13",
    ),
    "start from memory": ("import os; os.memfd_create('x')", "Errno 13"),
    "TCP": ("import socket; socket.create_connection(('127.0.0.1', 80))", "Errno 13"),
    "IPv6": ("import socket; socket.socket(socket.AF_INET6)", "Errno 13"),
    "UDP": ("import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", "Errno 13"),
    "netlink": ("import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)", "Errno 13"),
    "UNIX sockets": ("import socket; socket.socket(socket.AF_UNIX)", "Errno 13"),
    "a name": ("import socket; socket.gethostbyname('example.org')", "gaierror"),
    "kill the service": ("import os; os.kill(os.getppid(), 15)", "Errno 1]"),
    "kill everybody": ("import os; os.kill(-1, 9)", "Errno 1]"),
    "leave the session": ("import os; os.setsid()", "Errno 1]"),
    "limits of the service": (
        "import os, resource; resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
        "Errno 1]",
    ),
    "priority of the service": (
        "import os; os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
        "Errno 1]",
    ),
    "signals by a pipe": (
        "import fcntl, os; fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, os.getppid())",
        "Errno 1]",
    ),
    "a large file": ("open('tmp/x', 'wb').write(b'x' * 2**21)", "Errno 27"),
    "memory": ("x = bytearray(2**30)", "MemoryError"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_fails(folder: Path, attack: str) -> None:
    code, error = ATTACKS[attack]
    assert error in run(folder, code)["error"]


@pytest.mark.parametrize(
    "call", ["ptrace", "process_vm_readv", "io_uring_setup", "unshare", "shmget", "bpf", "pidfd_open"]
)
def test_calls_of_the_kernel_that_python_has_no_name_for_are_refused(folder: Path, call: str) -> None:
    number = REFUSED[call][MACHINES[platform.machine()][0]]
    code = f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
answer = libc.syscall({number}, 0, 0, 0, 0, 0), ctypes.get_errno()
"""
    assert values(folder, code)["answer"] == [-1, REFUSED[call][2]]


def test_a_problem_that_never_ends_is_stopped_with_all_that_it_started(folder: Path) -> None:
    code = "import os, time\nos.fork()\nos.fork()\ntime.sleep(10_000)"
    assert "status code: -9" in run(folder, code, REALTIME=1)["error"]
    assert not _left()


def test_cpu_is_limited(folder: Path) -> None:
    assert f"status code: -{signal.SIGXCPU.value}" in run(folder, "while True: pass", CPU=1)["error"]


def test_nothing_that_a_problem_starts_outlives_it(folder: Path) -> None:
    code = """
import os, time
if os.fork() == 0:
    for number in (0, 1, 2):
        os.close(number)
    time.sleep(20_000)
x = 1
"""
    assert values(folder, code) == {"x": 1}
    assert not _left()


def _left() -> list[int]:
    """Processes of the user that are alive."""
    alive = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            if process.stat().st_uid == USER and state not in "ZX":
                alive.append(int(process.name))
    return alive


def test_a_fork_bomb_ends_at_the_limit(folder: Path) -> None:
    code = """
import os, time
made = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(10_000)
        made += 1
except BlockingIOError:
    pass
"""
    assert 1 <= values(folder, code)["made"] < PROCESSES
    assert not _left()


def test_a_kernel_that_cannot_confine_runs_nothing(folder: Path) -> None:
    program = folder / "sudo"
    works = program.read_text()
    # The number of a call that no kernel has.
    broken = works.replace(
        "CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444", "CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 9444"
    )
    assert broken != works
    program.chmod(0o755)
    program.write_text(broken)
    try:
        assert "no Landlock" in run(folder, "x = 1")["error"]
    finally:
        program.write_text(works)


def test_it_ends_no_session_that_is_not_its_own(folder: Path) -> None:
    """Called by hand it would kill the shell that it was called from."""
    words = [PYTHON, "-IS", str(folder / "sudo"), "-u", "sandbox", PYTHON, "-c", "print(1)"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 1 and "a session of its own" in done.stderr
