"""A command line of Pulumi, as far as the wrapper in `.venv/bin` must understand it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from openedx_infra.config import PROJECT, SECRETS_KEY

ALIASES = {
    ("update",): ("up",),
    ("pre",): ("preview",),
    ("down",): ("destroy",),
    ("dn",): ("destroy",),
    ("config", "remove"): ("config", "rm"),
    ("config", "delete"): ("config", "rm"),
    ("config", "remove-all"): ("config", "rm-all"),
    ("config", "delete-all"): ("config", "rm-all"),
    ("config", "copy"): ("config", "cp"),
    ("stack", "new"): ("stack", "init"),
    ("stack", "create"): ("stack", "init"),
    ("stack", "setup"): ("stack", "init"),
    ("stack", "remove"): ("stack", "rm"),
    ("stack", "delete"): ("stack", "rm"),
    ("stack", "hist"): ("stack", "history"),
}
"""Other names of the commands that the wrapper treats (Pulumi 3.259; a test asks the real one)."""
DEPLOYING = ("up", "preview")
VALUED = (
    *("--cwd", "--stack", "--config-file", "--color", "--verbose", "--profiling", "--tracing"),
    *("--memprofilerate", "--otel-traces", "--copy-config-from", "--secrets-provider", "--teams"),
)
"""Options that take the next word as their value: all that may stand before a command, or before the name of
a stack."""
WITHOUT_STACK = (
    *("about", "convert", "gen-completion", "completion", "help", "install", "login", "logout", "new", "org"),
    *("package", "plugin", "policy", "project", "schema", "template", "version", "whoami"),
)
"""Commands that read no stack of the checkout: a broken stack file is no hindrance."""
_NAMING = (("stack", "init"), ("stack", "rm"), ("cancel",))
"""Commands that take the name of a stack as a word."""
_EDITS = ("set", "set-all", "rm", "rm-all", "cp")
_SHORT = re.compile(r"-[yfdjeQh]*([sCv])=?(.*)")
"""Short options in one word, such as `-ys` or `-sdev`: the last one takes a value."""
_LONG = {"s": "--stack", "C": "--cwd", "v": "--verbose"}


@dataclass(frozen=True)
class Line:
    """A command line of Pulumi."""

    arguments: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """The command and what follows it, without options, by their usual names: `stack`, `init` …"""
        words, skip = [], False
        for argument in self.arguments:
            name, value = _option(argument)
            if not skip and not name:
                words.append(argument)
            skip = not skip and name in VALUED and value is None
        for count in (1, 2):
            words[:count] = ALIASES.get(tuple(words[:count]), words[:count])
        return words

    @property
    def command(self) -> str:
        """The first word, such as `up`; empty when there is none."""
        return self.words[0] if self.words else ""

    @property
    def asks_for_help(self) -> bool:
        """Whether nothing will be done at all."""
        return (
            not self.words
            or self.command in ("help", "version")
            or bool({"-h", "--help"} & set(self.arguments))
        )

    @property
    def needs_no_stack(self) -> bool:
        """Whether it reads no stack of the checkout. Commands that shells run to complete words neither."""
        return self.command in WITHOUT_STACK or self.command.startswith("__")

    @property
    def stack(self) -> str | None:
        """The stack that it names, without its organization and project. None: it names none."""
        named = next(
            (
                self.words[len(command)]
                for command in _NAMING
                if tuple(self.words[: len(command)]) == command and len(self.words) > len(command)
            ),
            self.option("--stack"),
        )
        return named.split("/")[-1] if named else None

    def option(self, option: str) -> str | None:
        """The value of an option by its long name, wherever it stands and however it is written."""
        for index, argument in enumerate(self.arguments):
            name, value = _option(argument)
            if name == option:
                return value if value is not None else next(iter(self.arguments[index + 1 :]), None)
        return None

    @property
    def edits(self) -> bool:
        """Whether it changes configuration."""
        return self.words[:1] == ["config"] and self.words[1:2] != [] and self.words[1] in _EDITS

    @property
    def has_targets(self) -> bool:
        """Whether it is about some resources only."""
        return bool({"--target", "-t"} & {word.partition("=")[0] for word in self.arguments})

    @property
    def refreshes(self) -> bool:
        """Whether the cluster is read before anything is compared."""
        given = {"--refresh", "-r"} & set(self.arguments)
        return bool(given) or "--refresh=true" in self.arguments

    @property
    def note_on_targets(self) -> str:
        """What somebody who names targets should know; empty where it does not apply."""
        dependents = "--target-dependents" in [word.partition("=")[0] for word in self.arguments]
        if self.command not in DEPLOYING or dependents or not self.has_targets:
            return ""
        return (
            "--target leaves out what its targets read: settings and secrets are objects of their own, so a "
            "changed setting changes nothing where only a Deployment is named. Name what holds it and its "
            "readers (--target '**ConfigMap::lms-settings' --target-dependents), or run it without --target: "
            "only what differs is changed in any case."
        )

    @property
    def edits_checkout(self) -> bool:
        """Whether it changes plain configuration, which belongs in the checkout's own file."""
        secret = any(SECRETS_KEY in word.removeprefix(f"{PROJECT}:") for word in self.words[2:])
        return self.edits and not secret


def _option(argument: str) -> tuple[str, str | None]:
    """The long name of an option, empty where the argument is none, and its value if it has it in the same
    word."""
    if not argument.startswith("-") or argument == "-":
        return "", None
    if argument.startswith("--"):
        name, equals, value = argument.partition("=")
        return name, value if equals else None
    short = _SHORT.fullmatch(argument)
    return (_LONG[short[1]], short[2] or None) if short else (argument, None)
