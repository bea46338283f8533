"""Settings of MongoDB, as pymongo reads them: a server, a replica set, or a DNS name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openedx_infra.settings.connections import Mongodb, Tls
from openedx_infra.settings.merging import Settings
from openedx_infra.settings.paths import DATA_DIR


def mongodb(server: Mongodb) -> Settings:
    """Courses and their files, the password aside.

    The defaults of MODULESTORE and CONTENTSTORE hold the default DOC_STORE_CONFIG: all three are set.
    """
    config = _doc_store(server)
    return {
        "DOC_STORE_CONFIG": config,
        "CONTENTSTORE": {
            "ENGINE": "xmodule.contentstore.mongo.MongoContentStore",
            "ADDITIONAL_OPTIONS": {},
            "DOC_STORE_CONFIG": config,
        },
        "MODULESTORE": _modulestore(config),
    }


def mongodb_secrets(server: Mongodb, secrets: Mapping[str, str]) -> Settings:
    """The password, where there is one. A list can't be merged, so MODULESTORE is here in full."""
    if not server.has_password:
        return {}
    password = {"password": secrets["mongodb_password"]}
    return {
        "DOC_STORE_CONFIG": password,
        "CONTENTSTORE": {"DOC_STORE_CONFIG": password},
        "MODULESTORE": _modulestore({**_doc_store(server), **password}),
    }


def _doc_store(server: Mongodb) -> Settings:
    """What xmodule takes for itself, and pymongo's own options, which it passes on as they are."""
    return {
        **_servers(server),
        "db": server.database,
        "collection": "modulestore",
        # Without a user, xmodule leaves the login to the options below, as by a certificate.
        **({"user": server.user} if server.has_password else {}),
        "authsource": server.auth_database,
        **({"authMechanism": server.auth_mechanism} if server.auth_mechanism else {}),
        # pymongo must not connect before the web server forks.
        "connect": False,
        "read_preference": "PRIMARY",
        "connectTimeoutMS": 2000,
        "socketTimeoutMS": 6000,
        **({"replicaSet": server.replica_set} if server.replica_set else {}),
        **({} if server.retry_writes else {"retryWrites": False}),
        **_encryption(server.tls),
    }


def client_options(server: Mongodb) -> Settings:
    """Options of pymongo's own client, the password aside."""
    return {
        **_servers(server),
        **({"username": server.user} if server.has_password else {}),
        "authSource": server.auth_database,
        **({"authMechanism": server.auth_mechanism} if server.auth_mechanism else {}),
        "connect": False,
        "connectTimeoutMS": 2000,
        "socketTimeoutMS": 6000,
        **({"replicaSet": server.replica_set} if server.replica_set else {}),
        **({} if server.retry_writes else {"retryWrites": False}),
        **_encryption(server.tls),
    }


def _servers(server: Mongodb) -> dict[str, Any]:
    """`host` may be a list of `host:port`, or an address whose DNS records tell the rest; then `port`, which
    xmodule always passes on, says nothing.
    """
    if server.srv:
        return {"host": f"mongodb+srv://{server.srv}"}
    if len(server.members) == 1:
        return {"host": server.members[0].host, "port": server.members[0].port}
    return {"host": [str(member) for member in server.members]}


def _encryption(tls: Tls | None) -> dict[str, Any]:
    """As pymongo names it. Nothing is set without TLS, as a DNS name (SRV) means TLS by itself."""
    if tls is None:
        return {}
    options: dict[str, Any] = {"tls": True}
    if tls.verify == "ca":
        options["tlsAllowInvalidHostnames"] = True
    if tls.verify == "none":
        options["tlsAllowInvalidCertificates"] = True
    elif tls.ca:
        options["tlsCAFile"] = tls.ca
    if tls.certificate and tls.key:
        # pymongo wants both in one file: the settings module makes it, in memory (platform/certificates.py).
        options["tlsCertificateKeyFile"] = [tls.certificate, tls.key]
    return options


def _modulestore(config: Settings) -> Settings:
    def store(name: str, engine: str) -> Settings:
        return {
            "NAME": name,
            "ENGINE": engine,
            "DOC_STORE_CONFIG": config,
            "OPTIONS": {
                "default_class": "xmodule.hidden_block.HiddenBlock",
                "fs_root": DATA_DIR,
                "render_template": "common.djangoapps.edxmako.shortcuts.render_to_string",
            },
        }

    stores = [
        store("split", "xmodule.modulestore.split_mongo.split_draft.DraftVersioningModuleStore"),
        store("draft", "xmodule.modulestore.mongo.DraftMongoModuleStore"),
    ]
    engine = "xmodule.modulestore.mixed.MixedModuleStore"
    return {"default": {"ENGINE": engine, "OPTIONS": {"mappings": {}, "stores": stores}}}
