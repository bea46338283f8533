"""Finds secrets that a stack file holds in plain: by the names of keys, and by the form of values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from openedx_infra.config.computed_settings import MANAGED_SETTINGS
from openedx_infra.config.errors.config_error import Fault
from openedx_infra.config.errors.key_paths import Location, key_of
from openedx_infra.config.secrets.catalogue import is_known
from openedx_infra.config.secrets.references import ANY, READABLE, within
from openedx_infra.config.types.secret_references import is_reference

_SECRET_NAME = re.compile(
    r"(^|_)("
    r"SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|PWD|TOKEN|APIKEYS?|BASIC_AUTH|AUTHORIZATION|HASH_SEED|SALTS?"
    r"|(API|SECRET|PRIVATE|SIGNING|ENCRYPTION|DECRYPTION|OBFUSCATION|MASTER|FERNET|HMAC|TOKEN|SERVICE|SHARED"
    r"|SECRET_ACCESS|ACCOUNT|AUTH|LICENSE|SWIFT|TEMP_URL)_KEYS?"
    r"|PRIVATE_\w*JWK|PRIVATE_KEY_DICT|SECRET_KEY_FALLBACKS"
    r")$"
)
"""Ends of names whose values are secret. Keys that are no secrets end otherwise: PUBLIC_KEY, SITE_KEY,
ROUTING_KEY, SEGMENT_KEY, KEY_ID, KEY_NAME; OAUTH2_KEY is the public id of a client at Google and others.
Tried on all settings of edx-platform (openedx_infra/settings/platform_settings.txt)."""

_SECRET_EVEN_IN_BROWSERS = re.compile(r"(^|_)(SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|(PRIVATE|SECRET)_KEYS?)$")
"""The same among what browsers get, where API keys and tokens are often public ones."""

_SECRET_EVEN_AS_NUMBER = re.compile(r"(^|_)(SECRET|PASSWORD|PASSWD|PASSPHRASE)$")
"""The same of numbers, which elsewhere count tokens, or seconds."""

_SEVERAL = re.compile(r"(S|_DICT|_FALLBACKS|_AUTH)$")
"""Ends of such names that hold several secrets, in a map by names of their own."""

_FORMS: Mapping[str, str] = {
    "a private key": r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----|\bAGE-SECRET-KEY-1[A-Z0-9]{20,}",
    "an access key of AWS": r"\b(AKIA|ASIA)[A-Z2-7]{16}\b",
    "a token of GitHub": r"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_[A-Za-z0-9_]{50,}",
    "a token of GitLab": r"\bgl(pat|dt|rt|ptt|soat)-[\w-]{20,}",
    "a key of Stripe": r"\b[sr]k_(live|test)_[A-Za-z0-9]{16,}|\bwhsec_[A-Za-z0-9+/=]{20,}",
    "a token of Slack": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{10,}"
    r"|\bhooks\.slack\.com/(services|workflows|triggers)/\w+",
    "a secret of Google": r"\bGOCSPX-[\w-]{20,}|\bya29\.[\w-]{20,}|\b1//0[\w-]{30,}",
    "an API key of Google": r"\bAIza[\w-]{35}",
    "a key of OpenAI or Anthropic": r"\bsk-(proj-|svcacct-|admin-|ant-)[\w-]{20,}|\bsk-[A-Za-z0-9]{40,}",
    "a key of SendGrid": r"\bSG\.[\w-]{16,}\.[\w-]{16,}",
    "a key of Mailgun": r"\bkey-[0-9a-f]{32}\b",
    "a token of npm": r"\bnpm_[A-Za-z0-9]{36}",
    "a token of PyPI": r"\bpypi-AgE[\w-]{50,}",
    "a token of Hugging Face": r"\bhf_[A-Za-z0-9]{30,}",
    "a token of Vault": r"\bhv[sb]\.[\w-]{20,}",
    "a key of Azure": r"\bAccountKey=[A-Za-z0-9+/=]{40,}",
    "a JSON web token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
}
"""Forms of secrets, as those who issue them document them, or as they are (2026)."""

_PUBLIC_IN_BROWSERS = ("an API key of Google",)
"""Forms that stand for something public where browsers get them."""

_LOGIN = re.compile(r"\b[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s:@{}<>$]+@")
"""An address with a password, unless a placeholder stands there."""

_READ_BY: Mapping[Location, str] = {
    ("mfes",): "every visitor reads the configuration of MFEs",
    ("duties", "extra", ANY, "command"): "everybody who may read CronJobs sees it",
    ("duties", ANY, "args"): "everybody who may read CronJobs sees it",
    **{
        ("extras", "containers", ANY, key): "everybody who may read Deployments sees it"
        for key in ("env", "command", "args")
    },
    ("images", ANY, "arguments"): "arguments are in the image's history",
    ("images", ANY, "fragments"): "instructions are in the image's history",
    ("overrides",): "everybody who may read the object sees it",
}
"""Where a stack file takes text of any form and no reference, and who reads it there."""

_FREE = {**READABLE, **_READ_BY}
"""Where it takes text of any form."""

_BY_NAME = "is secret by its name, and stands here"

_NAMED = ("settings", "ingress", "site", "mfes", "extras")
"""Sections with free texts whose names are the operator's, or the platform's, and tell what they hold."""


def plain_secrets(config: Mapping[str, Any], stack: str) -> Iterator[Fault]:
    """One fault for each value of a stack file that is secret by its name or its form, and no reference.

    No value is ever repeated in a message.
    """
    for location, value, why in _found(config, (), None):
        text = f"{key_of(location)}: {why} in plain: {_remedy(location, value, stack)}"
        yield Fault(location, location, text)


def is_secret_name(name: str) -> bool:
    """Whether a value is secret by the name of its setting, its key or its variable."""
    return bool(_SECRET_NAME.search(_words(name)))


def form_of_secret(text: str) -> str | None:
    """What a text holds by its form, such as `a token of GitHub`; None if that tells nothing."""
    for what, pattern in _FORMS.items():
        if re.search(pattern, text):
            return what
    return "an address with a password" if _LOGIN.search(text) else None


def secret_named(setting: str) -> str:
    """A name for the secret that a setting holds."""
    return proposed_name(("settings", "common", setting))


def _found(value: Any, location: Location, above: str | None) -> Iterator[tuple[Location, Any, str]]:
    """Places of secrets, with their values and what they are; `above` is what all within must be."""
    managed = location[:1] == ("settings",) and location[2:3] != () and location[2] in MANAGED_SETTINGS
    if managed or is_reference(value):
        return
    if isinstance(value, Mapping):
        pair = _pair(value, location)
        for key, inner in value.items():
            here = (*location, str(key))
            yield from _found(inner, here, pair if pair and key == "value" else _named(here, inner, above))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _found(inner, (*location, index), above)
    elif why := _form(value, location) or (above if _may_be_secret(value) else None):
        yield location, value, why


def _named(location: Location, value: Any, above: str | None) -> str | None:
    """What a value must be by the name of its key; None if that tells nothing."""
    if location[0] not in _NAMED or within(location, _FREE) is None:
        return None
    name = _words(str(location[-1]))
    pattern = _SECRET_EVEN_IN_BROWSERS if location[0] == "mfes" else _SECRET_NAME
    if not pattern.search(name):
        return above
    if isinstance(value, int) and not _SECRET_EVEN_AS_NUMBER.search(name):
        return None
    several = not isinstance(value, Mapping) or _SEVERAL.search(name)
    return _BY_NAME if several else None


def _pair(value: Mapping[Any, Any], location: Location) -> str | None:
    """The same of a pair of `name` and `value`, as Kubernetes has environment variables."""
    name = value.get("name")
    if within(location, _FREE) is None or not isinstance(name, str) or not _SECRET_NAME.search(_words(name)):
        return None
    return _BY_NAME


def _words(name: str) -> str:
    """A name as settings are written: `clientSecret` and `client-secret` are CLIENT_SECRET."""
    return re.sub(r"[^A-Za-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).upper().strip("_")


def _may_be_secret(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else type(value) is int


def _form(value: Any, location: Location) -> str | None:
    """What a text is by its form; None if that tells nothing."""
    if not isinstance(value, str):
        return None
    for what, pattern in _FORMS.items():
        public = what in _PUBLIC_IN_BROWSERS and location[0] == "mfes"
        # The id of an access key is in logs and addresses; the secret half is not.
        identifies = what == "an access key of AWS" and _words(str(location[-1])).endswith("_ID")
        if not (public or identifies) and re.search(pattern, value):
            return f"holds {what}"
    if within(location, _FREE) is not None and _LOGIN.search(value):
        return "holds an address with a password"
    return None


def _remedy(location: Location, value: Any, stack: str) -> str:
    name = proposed_name(location)
    command = f"run `openedx-infra secrets set {name} --stack {stack}`"
    if "\n" in str(value).strip():
        command = f"run `openedx-infra secrets set {name} --stack {stack} --file FILE`"
    if within(location, READABLE) is not None:
        return f"{command}, and write `{{secret: {name}}}` here"
    where = within(location, _READ_BY)
    if where is None:
        return "it would be shown in plain in previews, state and outputs: leave it out"
    if location[:2] == ("duties", "extra"):
        way = f"name it under the duty's `secrets` as `{{secret: {name}}}`, and let the command read"
        return f"{where}: {command}, {way} /openedx/duty/{name}"
    if location[:2] == ("extras", "containers"):
        way = f"name it under `files` as `/etc/{name}/{name}: {{secret: {name}}}`, and let the program read"
        return f"{where}: {command}, {way} that file"
    if location[0] == "images":
        way = f"name it under the image's `secrets` as `{{secret: {name}}}`, and read it in a fragment"
        return f"{where}: {command}, {way} with `RUN --mount=type=secret,id={name}`"
    if location[0] == "overrides":
        return f"{where}: make a Secret of your own by kubectl, and mount it as a file"
    return f"{where}: leave it out"


def proposed_name(location: Location) -> str:
    """A name for the secret that stands at a location: that of its setting, and of the key within it."""
    start = {"site": 5, "extras": 4}.get(str(location[0]), 2)
    parts = [part for part in location[start:] if isinstance(part, str)]
    if location[0] not in _NAMED:
        parts = parts[-2:]
    if location[0] == "extras" and not parts:
        parts = [str(location[2]), "secret"]
    name = "_".join(_words(part) for part in parts).lower()[-63:].lstrip("_0123456789")
    return f"my_{name}"[:63] if not name or is_known(name) else name
