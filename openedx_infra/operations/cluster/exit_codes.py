"""What the exit code of a datastore's container tells of the node that it ran on."""

from __future__ import annotations

_NEEDS = {
    "mongo": "MongoDB 5 and later need AVX (`grep -m1 avx /proc/cpuinfo`)",
    "mysql": "images of MySQL 8.4 need x86-64-v2 (`grep -m1 sse4_2 /proc/cpuinfo`)",
}
"""What servers need of the CPU, by a part of the name of their image (release notes of MongoDB 5.0, and of
Oracle Linux 9, on which the image of MySQL is built)."""
ILLEGAL_INSTRUCTION, NO_SUCH_MEMORY = 132, 139
"""128 and the number of the signal, SIGILL or SIGSEGV."""


def hint(code: int, image: str) -> str:
    """A sentence on what a code means of a container with this image; empty where nothing is known of it."""
    name = image.rpartition("/")[2]
    need = next((text for part, text in _NEEDS.items() if part in name), "")
    if not need or code not in (ILLEGAL_INSTRUCTION, NO_SUCH_MEMORY):
        return ""
    what = "the CPU lacks an instruction" if code == ILLEGAL_INSTRUCTION else "perhaps the CPU is too old"
    return f"{what}: {need}; give a virtual machine the CPU type `host`, or choose another node"
