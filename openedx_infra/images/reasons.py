"""Reasons of failed build steps: known ones in plain words; for others, the last line of output."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """Why a step failed, and what can be done about it (empty: the text says all there is)."""

    text: str
    remedy: str = ""


@dataclass(frozen=True)
class _Known:
    """A failure that is recognized by a pattern, whose groups the text may use."""

    pattern: str
    text: str
    remedy: str = ""


_ANYWHERE = (
    _Known(
        r"no space left on device",
        "the disk of the builder is full",
        "Free some: `docker buildx prune` removes what can be built again.",
    ),
    _Known(
        r"repository does not contain ref (?P<ref>[^\s,]+)",
        "the repository has no branch or tag {ref}",
        "Name another ref, or create that one.",
    ),
    _Known(
        r"reference is not a tree: (?P<ref>[0-9a-f]+)",
        "the repository has no commit {ref}",
        "Push the commit, or name another ref.",
    ),
    _Known(
        r"failed to fetch remote (?P<url>\S+): .*?(?:unable to connect|Could not resolve|Connection refused)",
        "{url} cannot be reached",
        "Check the address and this machine's network.",
    ),
    _Known(
        r"failed to fetch remote (?P<url>\S+): .*?"
        r"(?:not exported|not found|Authentication failed|could not read Username)",
        "there is no repository {url}, or it needs credentials",
        "Check the address; a private repository needs the build secret GIT_AUTH_TOKEN.",
    ),
    _Known(
        r"(?P<image>[^\s:]+(?::\d+)?/\S+): (?:failed to do request|dial tcp|failed to resolve).*?"
        r"(?:connection refused|no such host|i/o timeout|server misbehaving)",
        "the registry of {image} cannot be reached",
        "Check the registry's address and this machine's network.",
    ),
    _Known(
        r"failed to push (?P<image>\S+): .*?(?:unauthorized|denied|forbidden|401|403)",
        "the registry does not let {image} be pushed",
        "Check the registry's credentials.",
    ),
    _Known(
        r"failed to resolve source metadata for (?P<image>\S+): .*?(?:unauthorized|denied|forbidden|401|403)",
        "the registry does not let {image} be pulled",
        "Check the registry's credentials.",
    ),
    _Known(
        r"failed to resolve source metadata for (?P<image>\S+): .*?not found",
        "there is no image {image}",
        "Check its name and tag.",
    ),
    _Known(
        r"(?P<what>patch \S+) does not fit the source",
        "{what} does not fit the source",
        "Make it anew against this ref, or drop it if the ref has the change already.",
    ),
    _Known(
        r"E: Unable to locate package (?P<package>\S+)",
        "Debian has no package {package}",
        "Check its name for the base image's version of Debian.",
    ),
    _Known(r"\bcause: (?P<cause>Because .*?)(?:$|\n)", "{cause}", "Correct the requirements that it names."),
    _Known(
        r"npm error path (?P<package>\S+)\nnpm error command failed\n"
        r"npm error command sh -c (?P<script>[^\n]+)\n"
        r"(?:npm error gyp info [^\n]*\n)*npm error (?P<why>[^\n]+)",
        "npm: `{script}` in {package} failed: {why}",
        "`npm clean-install` in a checkout of the repository shows all that it writes.",
    ),
    _Known(
        r"npm error 404 Not Found - GET (?P<url>\S+)",
        "npm: its registry has no {url}",
        "Correct package.json and package-lock.json of the repository, or its .npmrc for another registry.",
    ),
    _Known(
        r"npm error (?P<what>code E\S+|404 .*|.*is not in this registry.*)",
        "npm: {what}",
        "Correct package.json and package-lock.json of the repository.",
    ),
    _Known(
        r"--revision=(?P<ref>\S+?)['\s].*exit status 128",
        "the repository of translations has no revision {ref}",
        "Name another revision of translations, or none.",
    ),
)

_NOISE = re.compile(
    r"^(?:DONE|CACHED|CANCELED|\s*$|-+$|npm notice|npm error A complete log of this run|Traceback|"
    r"During handling|\s*\^+\s*$)"
)
_COMPLAINT = re.compile(r"error|fatal|fail|not found|No such|cannot|denied", re.IGNORECASE)


def reason(log: Sequence[str], cause: str, *, registry: bool = False) -> Reason:
    """Why a step failed: `log` is what it wrote, `cause` BuildKit's own message.

    `registry` tells that the step was about an image in a registry, whose failures need no log.
    """
    text = cause if registry else "\n".join([*log, cause])
    for rule in _ANYWHERE:
        match = re.search(rule.pattern, text, re.MULTILINE | re.DOTALL)
        if match is not None:
            words = {name: " ".join(word.split()) for name, word in match.groupdict().items()}
            return Reason(rule.text.format(**words), rule.remedy)
    return Reason(_last_words(log) or " ".join(cause.split()))


def _last_words(log: Sequence[str]) -> str:
    """The last line that complains, or else the last line there is, but for BuildKit's own on the step."""
    lines = [line for line in log if not _NOISE.match(line) and "did not complete successfully" not in line]
    complaints = [line for line in lines if _COMPLAINT.search(line)]
    return next(iter([*complaints[-1:], *lines[-1:]]), "").removeprefix("ERROR: ")
