"""What becomes of another installation: answers, sections and secrets of a stack, and what is left over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from openedx_infra.config.secrets.plain_secrets import form_of_secret, is_secret_name, secret_named

Path = tuple[str, ...]
"""Keys from a section down to a value, such as `("site", "theme")`."""


class Unresolved(Exception):
    """A value that the other installation's own tools would have to tell; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Left:
    """Something that was not taken over."""

    where: str
    """The setting, plugin, or file and line."""
    reason: str
    """Why, and what to do instead."""


@dataclass(kw_only=True)
class Draft:
    """The stack file as it grows."""

    answers: dict[str, str] = field(default_factory=dict)
    """Answers to the questions of `init`, by the names of the fields of `init.answers.Answers`."""
    sections: dict[str, Any] = field(default_factory=dict)
    """What stands in the stack file besides, by section."""
    secrets: dict[str, str] = field(default_factory=dict)
    """Values that must stay as they are, by the name of the secret."""
    taken: dict[str, str] = field(default_factory=dict)
    """Which key of the stack file each setting of the other installation became."""
    needless: dict[str, str] = field(default_factory=dict)
    """Settings that need no place in a stack file, and why nothing is lost without them."""
    left: list[Left] = field(default_factory=list)
    origins: dict[Path, str] = field(default_factory=dict)
    """Where each value in `sections` comes from."""

    def set(self, path: Path, value: Any, origin: str) -> None:
        """Put a value into the stack file."""
        holder = self.sections
        for key in path[:-1]:
            holder = holder.setdefault(key, {})
        holder[path[-1]] = value
        self.origins[path] = origin
        self.taken[origin] = f"openedx:{'.'.join(path)}"

    def answer(self, name: str, value: str, origin: str, key: str) -> None:
        """Answer a question of `init`, whose answer stands at `key`."""
        self.answers[name] = value
        self.taken[origin] = f"openedx:{key}"

    def secret(self, name: str, value: str, origin: str) -> None:
        """Keep a secret."""
        self.secrets[name] = value
        self.taken[origin] = f"openedx:secrets.{name}"

    def set_setting(self, path: Path, value: Any, origin: str) -> None:
        """Put a free setting into the stack file; a secret goes among its secrets, and is referred to."""
        name = path[-1]
        is_secret = isinstance(value, str) and (is_secret_name(name) or form_of_secret(value))
        if path[0] == "settings" and is_secret and value.strip():
            secret = secret_named(name)
            self.secret(secret, value, f"{origin} (its value)")
            value = {"secret": secret}
        self.set(path, value, origin)

    def leave(self, where: str, reason: str) -> None:
        """Tell the operator that something was not taken over."""
        self.left.append(Left(where=where, reason=reason))

    @contextmanager
    def attempt(self, where: str, key: str) -> Iterator[None]:
        """Within the block, a value that can't be resolved is left to the operator, who sets `key`."""
        try:
            yield
        except Unresolved as error:
            self.leave(where, f"{error}: set openedx:{key}")

    def drop(self, path: Path, reason: str) -> None:
        """Take a value out again, for a reason that the operator is told."""
        holder = self.sections
        for key in path[:-1]:
            holder = holder.get(key, {})
        holder.pop(path[-1], None)  # it may have gone with what it was part of
        origin = self.origins.pop(path)
        self.taken.pop(origin, None)
        self.leave(origin, reason)

    def under(self, key: str) -> Sequence[Path]:
        """The values that stand at, above or below a key such as `openedx:settings.lms.NAME`."""
        parts = tuple(key.partition(":")[2].split("."))
        return [path for path in self.origins if path[: len(parts)] == parts or parts[: len(path)] == path]
