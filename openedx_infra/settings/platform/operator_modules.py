"""Runs the operator's own files of Python settings, after everything else.

Runs in the platform.
"""

from pathlib import Path


def run(namespace, names):
    """Run files of this folder one after the other, in a settings module whose globals are `namespace`."""
    for name in names:
        path = Path(__file__).with_name(name)
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
