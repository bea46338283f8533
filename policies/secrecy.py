"""Rules for secrets: in Secrets alone, mounted as files, and marked as secret in Pulumi's state."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from policies.objects import Object, containers, pod_spec, texts

REDACTED = "[secret]"
"""What stands for a value that Pulumi knows to be secret."""
MARK = "4dabf18193072939515e22adb298388d"
"""Key by which Pulumi marks a value as secret on its way to the state."""

_TELLING = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE|CREDENTIAL|API_?KEY|MASTER_KEY", re.IGNORECASE)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----")
_TOKEN = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{32,}={0,2}(?![A-Za-z0-9+/_-])")
_UNPROVEN_BY = {
    "PYTHONHTTPSVERIFY": ("0",),
    "NODE_TLS_REJECT_UNAUTHORIZED": ("0",),
    "GIT_SSL_NO_VERIFY": ("1", "true"),
    "RCLONE_NO_CHECK_CERTIFICATE": ("1", "true"),
    "RESTIC_INSECURE_TLS": ("1", "true"),
}
"""Variables by which programs stop to check certificates, with the values that do it."""
_UNPROVEN = re.compile(r"--(no-check-certificate|insecure-tls|insecure-skip-tls-verify|ssl-no-revoke)\b")
_TRUSTS = "takes any server for the right one: name its authority in openedx:network.authorities"
_LEAST_BITS = 4.2
"""Entropy a character that 99 of 100 random texts of 32 letters and digits exceed (measured on 20,000;
of 40 characters, as our passwords have, all do). Hexadecimal digits have at most 4, and no name or path
among the settings of an instance has more than 4.1."""
_SHORTEST = 8
"""Shorter values would be found everywhere."""


def plain_environment(obj: Object) -> Iterator[str]:
    """Environment variables are shown by `kubectl describe`, inherited by every child, and printed by
    crashes.
    """
    for container in containers(pod_spec(obj) or {}):
        name = container.get("name")
        for variable in container.get("env") or ():
            if "secretKeyRef" in (variable.get("valueFrom") or {}):
                yield f"container {name} gets {variable['name']} from a Secret: mount it as a file"
            elif _TELLING.search(variable["name"]) and not _is_path(variable.get("value")):
                yield f"container {name} gets {variable['name']} in plain: mount a file, and name its path"
        if any("secretRef" in source for source in container.get("envFrom") or ()):
            yield f"container {name} gets a whole Secret as its environment: mount it as files"


def proven_servers(obj: Object) -> Iterator[str]:
    """No program is told to take any server for the one it wants: authorities are named instead."""
    for container in containers(pod_spec(obj) or {}):
        name = container.get("name")
        for variable in container.get("env") or ():
            if str(variable.get("value")).lower() in _UNPROVEN_BY.get(variable["name"], ()):
                yield f"container {name} has {variable['name']}, which {_TRUSTS}"
        for word in (*(container.get("command") or ()), *(container.get("args") or ())):
            if flag := _UNPROVEN.search(str(word)):
                yield f"container {name} is run with {flag[0]}, which {_TRUSTS}"


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("/")


def nothing_secret(obj: Object) -> Iterator[str]:
    """Nothing but a Secret holds what Pulumi knows to be secret, or a private key."""
    if obj.get("kind") == "Secret" or adds_headers(obj):
        return
    for text in texts({key: value for key, value in obj.items() if key != "metadata"}):
        if REDACTED in text:
            yield "holds a value that is marked as secret: move it to a Secret"
        if _PRIVATE_KEY.search(text):
            yield "holds a private key: move it to a Secret"


def adds_headers(obj: Object) -> bool:
    """Whether it is a Middleware of nothing but secret headers of responses: Traefik reads them from no other
    kind of object, and every visitor sees them.
    """
    return obj.get("kind") == "Middleware" and obj["metadata"].get("name") == "secret-headers"


def random_texts(obj: Object) -> Iterator[str]:
    """What looks like a key in an object that is no Secret; certificates are public."""
    if obj.get("kind") != "Secret":
        for text in texts({key: value for key, value in obj.items() if key != "metadata"}):
            rest = _CERTIFICATE.sub("", text)
            yield from (token for token in _TOKEN.findall(rest) if looks_random(token))


def looks_random(text: str) -> bool:
    """Whether letters of both cases and digits are mixed as if by chance."""
    kinds = (str.islower, str.isupper, str.isdigit)
    if not all(any(kind(char) for char in text) for kind in kinds):
        return False
    counts = Counter(text)
    bits = -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
    return bits >= _LEAST_BITS


def known_values(secrets: Mapping[str, str]) -> dict[str, str]:
    """What to look for, to find a secret: the lines of its value that are long enough, with its name."""
    return {
        line.strip(): name
        for name, value in secrets.items()
        for line in value.splitlines()
        if len(line.strip()) >= _SHORTEST and not line.startswith("-----")
    }


def disclosed(value: Any, secrets: Mapping[str, str]) -> Collection[str]:
    """Names of the secrets whose values stand in some text of a value."""
    everything = "\n".join(texts(value))
    return sorted({name for secret, name in secrets.items() if secret in everything})


def marked(type_: str, props: Mapping[str, Any]) -> Iterator[str]:
    """Data of a Secret is marked as secret, or Pulumi writes it into its state in plain."""
    if not type_.startswith("kubernetes:core/v1:Secret"):
        return
    for key in ("data", "stringData"):
        data = props.get(key)
        if isinstance(data, Mapping) and MARK not in data:
            bare = sorted(name for name, value in data.items() if not _is_marked(value))
            if bare:
                yield f"{', '.join(bare)} would stand in Pulumi's state in plain: wrap it by Output.secret"


def _is_marked(value: Any) -> bool:
    return isinstance(value, Mapping) and MARK in value
