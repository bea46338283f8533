#!/sandbox/venv/bin/python -IS
"""Stands where codejail calls sudo, and confines what it starts by Landlock and seccomp, not by a user.

codejail calls `sudo -u USER NAME=VALUE … PYTHON ARGUMENT …` in the folder of one execution, in a session of
its own and with limits set; `sudo -u USER /usr/bin/find …` to empty that folder; and `sudo pkill -9 -g GROUP`
when time is up. Nothing that an execution started outlives it.

Standard library only, on the interpreter that problems run on. Where the kernel can't confine, nothing is
started: the service's own checks fail then, and it takes no code.
"""

from __future__ import annotations

import ctypes
import os
import platform
import re
import signal
import struct
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

EPERM, EACCES = 1, 13

# Landlock (linux/landlock.h): rights on files, each a bit.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG, TRUNCATE = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 14
KNOWN_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""All rights on files that there are, by the version of Landlock that brought the last of them."""
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
"""Rights that a single file can have."""
READ = READ_FILE | READ_DIR
OWN = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | TRUNCATE
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION, BELOW_PATH = 1, 1
NETWORK_SINCE, SCOPES_SINCE = 4, 6
"""Versions that can refuse binding and connecting by TCP, and signals and abstract sockets."""

LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib")
LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")
"""What the kernel starts in order to start a program."""
READABLE = ("/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo", "/dev/urandom", "/dev/random")

REFUSED: dict[str, tuple[int, int | None, int]] = {
    # The network. A ring would open sockets that no filter sees.
    "socket": (41, 198, EACCES),
    "io_uring_setup": (425, 425, EACCES),
    # Other processes of the same user: the web server, and other executions. Whoever leaves the session can't
    # be found when it is over.
    "setsid": (112, 157, EPERM),
    "execveat": (322, 281, EACCES),
    "kill": (62, 129, EPERM),
    "tkill": (200, 130, EPERM),
    "tgkill": (234, 131, EPERM),
    "rt_sigqueueinfo": (129, 138, EPERM),
    "rt_tgsigqueueinfo": (297, 240, EPERM),
    "pidfd_open": (434, 434, EPERM),
    "pidfd_send_signal": (424, 424, EPERM),
    "ptrace": (101, 117, EPERM),
    "process_vm_readv": (310, 270, EPERM),
    "process_vm_writev": (311, 271, EPERM),
    "setpriority": (141, 140, EPERM),
    "ioprio_set": (251, 30, EPERM),
    "sched_setaffinity": (203, 122, EPERM),
    "sched_setscheduler": (144, 119, EPERM),
    "sched_setparam": (142, 118, EPERM),
    "sched_setattr": (314, 274, EPERM),
    # Memory and queues that outlive a process, or that it shares.
    "shmget": (29, 194, EACCES),
    "shmat": (30, 196, EACCES),
    "semget": (64, 190, EACCES),
    "msgget": (68, 186, EACCES),
    "mq_open": (240, 180, EACCES),
    "memfd_create": (319, 279, EACCES),
    # What Landlock leaves to the owner of a file (truncating until its third version), and watching folders
    # that can't be read.
    "truncate": (76, 45, EPERM),
    "chmod": (90, None, EPERM),
    "fchmodat": (268, 53, EPERM),
    "fchmodat2": (452, 452, EPERM),
    "chown": (92, None, EPERM),
    "lchown": (94, None, EPERM),
    "fchownat": (260, 54, EPERM),
    "setxattr": (188, 5, EPERM),
    "lsetxattr": (189, 6, EPERM),
    "utimensat": (280, 88, EPERM),
    "utime": (132, None, EPERM),
    "utimes": (235, None, EPERM),
    "futimesat": (261, None, EPERM),
    "inotify_init": (253, None, EPERM),
    "inotify_init1": (294, 26, EPERM),
    "fanotify_init": (300, 262, EPERM),
    "name_to_handle_at": (303, 264, EPERM),
    # Parts of the kernel that no problem needs.
    "unshare": (272, 97, EPERM),
    "setns": (308, 268, EPERM),
    "mount": (165, 40, EPERM),
    "bpf": (321, 280, EPERM),
    "perf_event_open": (298, 241, EPERM),
    "userfaultfd": (323, 282, EPERM),
    "keyctl": (250, 219, EPERM),
    "add_key": (248, 217, EPERM),
    "request_key": (249, 218, EPERM),
}
"""Calls of the kernel that are refused: their numbers on x86_64 and aarch64 (None: it has no such call), and
the error."""
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Which of the numbers, and how the kernel calls the architecture."""
EXECVE, FCNTL, PRLIMIT = (59, 221), (72, 25), (302, 261)
F_SETOWN, F_SETSIG, F_SETOWN_EX = 8, 10, 15
"""Commands of fcntl that choose who gets a signal when a pipe has something to read."""
X32 = 0x40000000
"""First number of x86_64's second kind of calls."""
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24
"""Where a filter finds what of a call."""
NO_NEW_PRIVS, SET_FILTER, FILTER_MODE = 38, 22, 2
UNCATCHABLE = (signal.SIGKILL, signal.SIGSTOP)

libc = ctypes.CDLL(None, use_errno=True)


def main(words: list[str]) -> None:
    """Do what codejail asks sudo for."""
    if words[:3] == ["pkill", "-9", "-g"]:
        end(int(words[3]))
        return
    if words[:1] != ["-u"]:
        fail(f"codejail never asks for {words}")
    words = words[2:]
    env = {"PATH": "/usr/bin:/bin"}
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        name, _, value = words.pop(0).partition("=")
        env[name] = value
    if words[:1] == ["/usr/bin/find"]:
        os.execve(words[0], words, env)
    if os.getsid(0) != os.getpid():
        fail("codejail starts each execution in a session of its own, all of which is killed at its end")
    folder = Path.cwd()
    env["HOME"] = str(folder / "tmp")
    child = os.fork()
    if child == 0:
        start_confined(folder, words, env)
    _, status = os.waitpid(child, 0)
    end(os.getpid(), but=os.getpid())
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        if -code not in UNCATCHABLE:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


def end(session: int, but: int = 0) -> None:
    """Kill all processes of a session but one, until there is none."""
    while left := [process for process in members(session) if process != but]:
        for process in left:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.01)


def members(session: int) -> Iterator[int]:
    """The living processes of a session."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                # The name may hold anything, and ends at the last parenthesis.
                state, _, _, number, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(number) == session and state not in "ZX":
                    yield int(folder.name)


def start_confined(folder: Path, words: list[str], env: dict[str, str]) -> NoReturn:
    """Become that program, which starts no other, and writes below `tmp` of its folder alone."""
    program = ctypes.create_string_buffer(os.fsencode(words[0]))
    arguments = texts(words)
    variables = texts([f"{name}={value}" for name, value in env.items()])
    checked(libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    landlock(dict(rights(folder, words[0])))
    lines = instructions(platform.machine(), ctypes.addressof(program))
    seccomp(b"".join(struct.pack("=HBBI", *line) for line in lines))
    libc.execve(program, arguments, variables)
    fail(f"{words[0]}: {os.strerror(ctypes.get_errno())}")


def texts(words: list[str]) -> ctypes.Array[ctypes.c_char_p]:
    """Words as C has them: an array that a null ends."""
    return (ctypes.c_char_p * (len(words) + 1))(*(os.fsencode(word) for word in words), None)


def rights(folder: Path, program: str) -> Iterator[tuple[str, int]]:
    """Rights below each path. Besides the folder it is nothing but code and time zones."""
    environment = str(Path(program).parent.parent)
    paths = sysconfig.get_paths()
    for path in (*LIBRARIES, *READABLE, paths["stdlib"], paths["platstdlib"], environment):
        yield path, READ
    for path in (*LOADERS, program):
        yield path, READ_FILE | EXECUTE
    yield "/dev/null", READ_FILE | WRITE_FILE
    yield str(folder), READ
    yield str(folder / "tmp"), OWN


def landlock(allowed: dict[str, int]) -> None:
    """Take away all rights on files but those, and the network, signals and sockets as far as it can."""
    version = libc.syscall(CREATE_RULESET, None, 0, ASK_VERSION)
    if version < 1:
        fail(
            "the node's kernel has no Landlock: it needs Linux 5.13, with landlock among its security modules"
        )
    known = max(rights for since, rights in KNOWN_RIGHTS.items() if since <= version)
    fields = [known, *([3] if version >= NETWORK_SINCE else []), *([3] if version >= SCOPES_SINCE else [])]
    attributes = struct.pack(f"{len(fields)}Q", *fields)
    ruleset = checked(libc.syscall(CREATE_RULESET, attributes, len(attributes), 0), "landlock_create_ruleset")
    for path, wanted in allowed.items():
        if not Path(path).exists():
            continue
        below = os.open(path, os.O_PATH | os.O_CLOEXEC)
        given = wanted & known if Path(path).is_dir() else wanted & known & OF_FILES
        rule = struct.pack("=Qi", given, below)
        checked(libc.syscall(ADD_RULE, ruleset, BELOW_PATH, rule, 0), f"landlock_add_rule {path}")
        os.close(below)
    checked(libc.syscall(RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)


def instructions(machine: str, program: int) -> Iterator[tuple[int, int, int, int]]:
    """The filter of calls as instructions of BPF: what to do, how many lines to skip if it is so and if not,
    and a number. The only start that it lets through is that of the program whose path is at that address."""
    if machine not in MACHINES:
        fail(f"nobody wrote the filter of calls for {machine}")
    column, architecture = MACHINES[machine]
    yield from ((LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL))
    yield LOAD, 0, 0, NUMBER
    if machine == "x86_64":
        yield from ((AT_LEAST, 0, 1, X32), (RETURN, 0, 0, KILL))
    for *numbers, error in REFUSED.values():
        number = numbers[column]
        if number is not None:
            yield from ((EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE | error))
    low, high = program & 0xFFFFFFFF, program >> 32
    yield from ((EQUAL, 0, 6, EXECVE[column]), (LOAD, 0, 0, FIRST_ARGUMENT), (EQUAL, 0, 3, low))
    yield from ((LOAD, 0, 0, FIRST_ARGUMENT + 4), (EQUAL, 0, 1, high))
    yield from ((RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE | EACCES))
    # Limits of another process than oneself.
    yield from ((EQUAL, 0, 4, PRLIMIT[column]), (LOAD, 0, 0, FIRST_ARGUMENT), (EQUAL, 1, 0, 0))
    yield from ((RETURN, 0, 0, REFUSE | EPERM), (RETURN, 0, 0, ALLOW))
    yield from ((EQUAL, 0, 4, FCNTL[column]), (LOAD, 0, 0, SECOND_ARGUMENT))
    yield from ((EQUAL, 3, 0, F_SETOWN), (EQUAL, 2, 0, F_SETSIG), (EQUAL, 1, 0, F_SETOWN_EX))
    yield from ((RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE | EPERM))


def seccomp(code: bytes) -> None:
    """Put the filter of calls in force."""
    text = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(text))
    checked(libc.prctl(SET_FILTER, FILTER_MODE, program, 0, 0), "seccomp")


def checked(answer: int, what: str) -> int:
    """The kernel's answer; the end, if it refused."""
    if answer < 0:
        fail(f"{what}: {os.strerror(ctypes.get_errno())}")
    return answer


def fail(text: str) -> NoReturn:
    """Say why, and start nothing."""
    sys.exit(f"sandbox: failed: {text}")


if __name__ == "__main__":
    main(sys.argv[1:])
