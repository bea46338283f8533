"""All secrets: their names, what each protects, and how one is generated."""

from __future__ import annotations

import re
import secrets as random
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from openedx_infra.config.sections.duties import DUTY_SECRET
from openedx_infra.config.sections.parts.event_sinks import (
    CALIPER_SECRET,
    CLICKHOUSE_SECRET,
    SUPERSET_SECRET,
    XAPI_SECRET,
)
from openedx_infra.config.sections.parts.retirement import ARCHIVE_KEYS, REPORT_KEYS, RETIREMENT_SECRET


def password() -> str:
    """40 letters and digits: 238 bits, and safe in URLs, SQL, TOML and shell words."""
    return "".join(random.choice(string.ascii_letters + string.digits) for _ in range(40))


def django_key() -> str:
    """64 letters and digits: `manage.py check --deploy` wants 50 characters or more."""
    return "".join(random.choice(string.ascii_letters + string.digits) for _ in range(64))


def _password_of_four_classes() -> str:
    """The same with all classes of characters that Amazon OpenSearch Service demands of its master."""
    return f"{password()}-Aa1"


def _rsa_key() -> str:
    """A 2048-bit RSA key in PKCS#8 PEM: what edx-platform's RS512 tokens are signed with."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A secret of the stack, kept as `openedx:secrets.<name>`."""

    name: str
    meaning: str
    """What it protects, in one phrase."""
    make: Callable[[], str] | None = password
    """Makes a new value. None: only the operator knows it, whatever the stack file says. What protects a
    server of somebody else's is known to the operator, too: `needed.required` marks it."""
    rotation: str
    """What rotating it does to people and data."""
    append: bool = False
    """Whether rotation adds a line before the older ones, which old data needs, and replaces none."""
    keep_previous: bool = False
    """Whether rotation keeps the replaced value as `<name>_previous`: it is the login to set the new one."""
    by_name_only: bool = False
    """Whether `rotate --all` leaves it alone, as what it protects can't be had back."""

    @property
    def previous(self) -> str:
        """Name under which a replaced value is kept."""
        return f"{self.name}_previous"


def client_key(store: str) -> str:
    """Name of the secret that holds the key of a datastore's client certificate."""
    return f"{store}_client_key"


_CERTIFIED = {
    "mysql": "MySQL",
    "mongodb": "MongoDB",
    "broker": "the broker",
    "cache": "the cache",
    "search": "the search server",
}
CLIENT_KEYS = frozenset(client_key(store) for store in _CERTIFIED)
"""Secrets that hold keys of client certificates."""

_LOGOUT = "everybody is logged out; links in mails already sent stop working"
_RESTART = "the server and the pods that use it restart"


def _from_operator(name: str, meaning: str, rotation: str = _RESTART) -> Secret:
    """A secret that only the operator knows."""
    return Secret(name=name, meaning=meaning, make=None, rotation=rotation)


def _administrator(store: str, server: str) -> Secret:
    """The password of a database server's administrator."""
    return Secret(
        name=f"{store}_root_password",
        meaning=f"{server}'s administrator",
        rotation=f"{server}'s provisioning Job sets the new one",
        keep_previous=True,
    )


PLATFORM_SECRETS: tuple[Secret, ...] = (
    Secret(
        name="django_secret_key",
        meaning="Django's SECRET_KEY of LMS and Studio",
        make=django_key,
        rotation=_LOGOUT,
    ),
    Secret(name="jwt_secret_key", meaning="symmetric key of JSON web tokens", rotation=_LOGOUT),
    Secret(
        name="jwt_private_key",
        meaning="RSA key by which the LMS signs tokens",
        make=_rsa_key,
        rotation=_LOGOUT,
    ),
    Secret(
        name="fernet_keys",
        meaning="keys of encrypted model fields, newest first, one a line",
        rotation="new data is encrypted with the new key, old data stays readable",
        append=True,
    ),
    Secret(
        name="retired_user_salts",
        meaning="salts of retired user names, newest first, one a line",
        rotation="retired names stay taken, as the old salts are kept",
        append=True,
    ),
    Secret(
        name="profile_image_hash_seed",
        meaning="seed of the file names of profile images",
        rotation="all profile images are lost to their owners: rotate it only by name",
        by_name_only=True,
    ),
    Secret(name="studio_oauth2_secret", meaning="Studio's login at the LMS", rotation=_RESTART),
)
"""The platform's own, which every instance needs."""

_DATASTORE_SECRETS: tuple[Secret, ...] = (
    _administrator("mysql", "MySQL"),
    Secret(name="mysql_password", meaning="the platform's MySQL user", rotation=_RESTART),
    _administrator("mongodb", "MongoDB"),
    Secret(name="mongodb_password", meaning="the platform's MongoDB user", rotation=_RESTART),
    Secret(name="broker_password", meaning="Valkey as broker", rotation=_RESTART),
    Secret(name="cache_password", meaning="Valkey as cache", rotation=_RESTART),
    Secret(
        name="meilisearch_master_key",
        meaning="Meilisearch, and the API key derived from it",
        rotation=_RESTART,
    ),
    _from_operator("search_api_key", "API key at a Meilisearch or Typesense of somebody else's"),
    Secret(
        name="search_password",
        meaning="user at Elasticsearch or OpenSearch",
        make=_password_of_four_classes,
        rotation=_RESTART,
    ),
    Secret(
        name="s3_root_secret_key",
        meaning="the administrator of the instance's own S3 server",
        rotation=_RESTART,
    ),
    Secret(name="s3_access_key", meaning="the platform's name at the S3 server", rotation=_RESTART),
    Secret(name="s3_secret_key", meaning="the platform's key at the S3 server", rotation=_RESTART),
    *(
        _from_operator(client_key(store), f"key of the client certificate for {server}, in PEM form")
        for store, server in _CERTIFIED.items()
    ),
)
"""Of datastores: `needed` tells which of them a stack needs, and who has their values."""

_SERVICE_SECRETS: tuple[Secret, ...] = (
    Secret(
        name="backup_password",
        meaning="encryption of backups: keep a copy elsewhere, as nobody reads them without it",
        rotation="backups made until then can't be read or added to any more: begin another folder",
        by_name_only=True,
    ),
    _from_operator(
        "backup_access_key", "name at the S3 server of backups", "backups log in with the new one"
    ),
    _from_operator("backup_secret_key", "key at the S3 server of backups", "backups log in with the new one"),
    _from_operator("tracking_access_key", "name at the S3 server of tracking events"),
    _from_operator("tracking_secret_key", "key at the S3 server of tracking events"),
    _from_operator("mail_password", "login at the SMTP server"),
    *(
        _from_operator(name, f"login at {sink} of event_sinks")
        for name, sink in (
            (XAPI_SECRET, "the LRS"),
            (CALIPER_SECRET, "the Caliper endpoint"),
            (CLICKHOUSE_SECRET, "ClickHouse"),
            (SUPERSET_SECRET, "Superset"),
        )
    ),
    Secret(
        name=RETIREMENT_SECRET,
        meaning="login at the LMS of the duty that retires accounts",
        rotation="the duty logs in with the new one",
    ),
    *(
        _from_operator(name, f"{what} at the S3 server of {of}", "the duty logs in with it")
        for names, of in ((ARCHIVE_KEYS, "retirements' archive"), (REPORT_KEYS, "reports to partners"))
        for name, what in zip(names, ("name", "key"), strict=True)
    ),
    _from_operator(
        "acme_dns_secret",
        "login of cert-manager at the provider of the domain: access key, API token or TSIG key",
        "the next certificate is asked for with the new one",
    ),
    _from_operator(
        "acme_account_key",
        "key of the account at the certificate authority, in Base64 as it gives it",
        "nothing, until the account is made anew",
    ),
    _from_operator(
        "build_git_token",
        "private Git repositories that images are built from",
        "nothing, until the next build",
    ),
    _from_operator(
        "build_netrc",
        "private Python indexes and requirements of images, as a netrc file",
        "nothing, until the next build",
    ),
    _from_operator(
        "build_npmrc", "private npm registries of images, as an .npmrc file", "nothing, until the next build"
    ),
)
"""Of backups, tracking events, mail, retirement, certificates and builds."""

SECRETS: tuple[Secret, ...] = (*PLATFORM_SECRETS, *_DATASTORE_SECRETS, *_SERVICE_SECRETS)
"""All secrets, in the order in which `openedx-infra secrets list` shows them."""

BY_NAME = {secret.name: secret for secret in SECRETS}
"""The same by name."""

NAMES = frozenset(BY_NAME) | {secret.previous for secret in SECRETS if secret.keep_previous}
"""Every name that may stand under `openedx:secrets`."""


REGISTRY_PASSWORD = "registry_password_"
"""What the name of a registry's password begins with; the registry's name in the stack file follows."""


def registry_password(name: str, host: str) -> Secret:
    """The secret of a registry in `images.registries`: there are as many as the stack file names."""
    return _from_operator(
        f"{REGISTRY_PASSWORD}{name}",
        f"login at the registry {host}",
        "nodes and builds log in with the new one",
    )


def duty_secret(name: str) -> Secret:
    """A secret that duties in `duties.extra` read as a file."""
    return _from_operator(
        f"{DUTY_SECRET}{name}", f"file {name} of own duties", "duties read the new one from their next run on"
    )


def referenced_secret(name: str, places: Sequence[str], rotation: str) -> Secret:
    """A secret of the operator's that `{secret: NAME}` refers to at these keys."""
    return _from_operator(name, ", ".join(places), rotation)


def is_known(name: str) -> bool:
    """Whether a name is that of a secret of this program's."""
    prefixed = rf"({REGISTRY_PASSWORD}|{DUTY_SECRET})[a-z][a-z0-9_]*"
    return name in NAMES or re.fullmatch(prefixed, name) is not None
