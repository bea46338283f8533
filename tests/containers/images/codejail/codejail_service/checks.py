"""Checks at start, those of the real service by what each asks for: one failure keeps it closed."""

import urllib.request
from urllib.error import URLError

from codejail.safe_exec import SafeExecException, safe_exec

failed: list[str] = ["the checks were not run"]


def run() -> None:
    """Ask for what must be refused, and for what must work."""
    failed[:] = [
        *(["code runs"] if error_of("x = 16 + 1") else []),
        *(name for name, code in REFUSED.items() if "Errno 13] Permission denied" not in error_of(code)),
        *(["the service reaches the Internet"] if reaches("https://www.example.net/") else []),
    ]
    print("checks:", "; ".join(failed) or "all passed", flush=True)


REFUSED = {
    "the root can be listed": "import os; os.listdir('/')",
    "programs can be started": "import subprocess; subprocess.check_output(['date'])",
    "sockets can be opened": "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
}


def error_of(code: str) -> str:
    """The error of an execution; empty, if it has none."""
    try:
        safe_exec(code, {})
    except SafeExecException as error:
        return str(error)
    return ""


def reaches(address: str) -> bool:
    """Whether an address answers."""
    try:
        urllib.request.urlopen(address, timeout=3)
    except URLError:
        return False
    return True
