"""The sandbox's filter of kernel calls, on both kinds of machine, asked as the kernel asks it."""

from __future__ import annotations

import pytest

from openedx_infra.services.codejail.sandbox import (
    ALLOW,
    EACCES,
    EPERM,
    EXECVE,
    F_SETOWN,
    FCNTL,
    KILL,
    MACHINES,
    PRLIMIT,
    REFUSE,
    REFUSED,
    X32,
    instructions,
)

PROGRAM = 0x7FFE_DEAD_BEE0
F_GETFL = 3
READ = {"x86_64": 0, "aarch64": 63}
"""Number of `read`, which nothing refuses."""


def answer(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter answers to a call: classic BPF over the kernel's seccomp_data, little-endian."""
    data = number.to_bytes(4, "little")
    data += (MACHINES[machine][1] if architecture is None else architecture).to_bytes(4, "little") + bytes(8)
    data += b"".join(each.to_bytes(8, "little") for each in (*arguments, *[0] * (6 - len(arguments))))
    lines = list(instructions(machine, PROGRAM))
    place = accumulator = 0
    while True:
        code, if_so, if_not, value = lines[place]
        place += 1
        if code == 0x20:  # load a word
            accumulator = int.from_bytes(data[value : value + 4], "little")
        elif code == 0x06:  # return
            return value
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value}[code]
            place += if_so if holds else if_not


@pytest.fixture(params=sorted(MACHINES))
def machine(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def test_what_is_listed_is_refused_and_the_rest_is_not(machine: str) -> None:
    column = MACHINES[machine][0]
    numbers = [row[column] for row in REFUSED.values() if row[column] is not None]
    assert len(set(numbers)) == len(numbers) and EXECVE[column] not in numbers
    for *columns, error in REFUSED.values():
        if (number := columns[column]) is not None:
            assert answer(machine, number) == REFUSE | error
    assert answer(machine, READ[machine]) == ALLOW
    assert len(list(instructions(machine, PROGRAM))) < 4096  # as many as the kernel takes


def test_the_one_program_is_started_and_no_other(machine: str) -> None:
    execve = EXECVE[MACHINES[machine][0]]
    assert answer(machine, execve, PROGRAM) == ALLOW
    for other in (PROGRAM + 1, PROGRAM & 0xFFFFFFFF, PROGRAM + (1 << 32), 0):
        assert answer(machine, execve, other) == REFUSE | EACCES


def test_limits_are_asked_of_oneself_alone(machine: str) -> None:
    prlimit = PRLIMIT[MACHINES[machine][0]]
    assert answer(machine, prlimit, 0, 7) == ALLOW
    assert answer(machine, prlimit, 1, 7) == REFUSE | EPERM


def test_nobody_else_gets_the_signals_of_a_pipe(machine: str) -> None:
    fcntl = FCNTL[MACHINES[machine][0]]
    assert answer(machine, fcntl, 3, F_GETFL) == ALLOW
    for command in (F_SETOWN, 10, 15):
        assert answer(machine, fcntl, 3, command) == REFUSE | EPERM


def test_calls_of_another_kind_are_the_end(machine: str) -> None:
    """Other architectures have other numbers: i386 on x86_64, ARM on aarch64."""
    assert answer(machine, READ[machine], architecture=0x40000003) == KILL


def test_x32_is_the_end() -> None:
    assert answer("x86_64", X32 + 41) == KILL
