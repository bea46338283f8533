"""Each part of the settings holds what it promises: keys, cookies, stores, files, mail, frontends."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import settings_case as case
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from openedx_infra.settings import Site, keys
from openedx_infra.settings.connections import Endpoint, Smtp
from openedx_infra.settings.mail import mail_secrets
from openedx_infra.settings.paths import MEDIA_DIR, PRIVATE_DIR

SITES: tuple[Site, Site] = ("lms", "cms")


def number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


# Keys


def test_studio_verifies_what_only_the_lms_can_sign() -> None:
    lms = case.secret("lms", case.stack())["JWT_AUTH"]
    studio = case.secret("cms", case.stack())["JWT_AUTH"]
    assert "JWT_PRIVATE_SIGNING_JWK" not in studio
    assert lms["JWT_PUBLIC_SIGNING_JWK_SET"] == studio["JWT_PUBLIC_SIGNING_JWK_SET"]

    private = {name: value for name, value in json.loads(lms["JWT_PRIVATE_SIGNING_JWK"]).items()}
    assert (private.pop("kid"), private.pop("kty")) == ("openedx", "RSA")
    parts = {name: number(value) for name, value in private.items()}
    public = rsa.RSAPublicNumbers(parts["e"], parts["n"])
    signer = rsa.RSAPrivateNumbers(
        parts["p"], parts["q"], parts["d"], parts["dp"], parts["dq"], parts["qi"], public
    ).private_key()
    signature = signer.sign(b"token", padding.PKCS1v15(), hashes.SHA512())

    (jwk,) = json.loads(studio["JWT_PUBLIC_SIGNING_JWK_SET"])["keys"]
    assert jwk.keys() == {"kid", "kty", "n", "e"}
    verifier = rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"])).public_key()
    verifier.verify(signature, b"token", padding.PKCS1v15(), hashes.SHA512())
    with pytest.raises(InvalidSignature):
        verifier.verify(signature, b"other", padding.PKCS1v15(), hashes.SHA512())


def test_a_key_that_is_no_rsa_key_is_refused() -> None:
    with pytest.raises(ValueError):
        keys.jwk_private("nonsense")


def test_issuers_carry_the_shared_key_of_their_own() -> None:
    for site in SITES:
        auth = case.whole(site, case.stack())["JWT_AUTH"]
        (issuer,) = auth["JWT_ISSUERS"]
        assert issuer["SECRET_KEY"] == auth["JWT_SECRET_KEY"] == "<jwt_secret_key>"
        assert issuer["ISSUER"] == auth["JWT_ISSUER"] == "http://local.openedx.io/oauth2"
        assert issuer["AUDIENCE"] == auth["JWT_AUDIENCE"]


def test_the_newest_line_of_a_secret_is_the_one_in_use() -> None:
    """Fernet fields encrypt by the first key; the platform retires names by the last salt."""
    for site in SITES:
        found = case.secret(site, case.stack())
        assert found["FERNET_KEYS"] == ["new-fernet_keys", "old-fernet_keys"]
        assert found["RETIRED_USER_SALTS"] == ["old-retired_user_salts", "new-retired_user_salts"]


def test_derived_keys_differ_by_name_and_root() -> None:
    assert keys.derived("root", "ONE") != keys.derived("root", "TWO") != keys.derived("other", "TWO")
    assert keys.derived("root", "ONE") == keys.derived("root", "ONE")
    assert len(keys.derived("root", "ONE")) == 64


def test_search_key_is_meilisearch_own() -> None:
    """HMAC-SHA256 of the key's id under the master key; checked by the example of RFC 4231, 4.3."""
    assert keys.search_api_key("Jefe", "what do ya want for nothing?") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
    assert case.secret("cms", case.stack())["MEILISEARCH_API_KEY"] == keys.search_api_key(
        "<meilisearch_master_key>"
    )


# Addresses


def test_tls_decides_on_schemes_and_cookies() -> None:
    for site in SITES:
        secure, plain = (case.plain(site, case.stack(name)) for name in ("campus", "dev"))
        assert secure["LMS_ROOT_URL"] == "https://learn.campus.example.org"
        assert secure["HTTPS"] == "on" and plain["HTTPS"] == "off"
        for cookie in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"):
            assert secure[cookie] is True and plain[cookie] is False
        assert secure["SESSION_COOKIE_SAMESITE"] == "None" and plain["SESSION_COOKIE_SAMESITE"] == "Lax"
        assert secure["SECURE_PROXY_SSL_HEADER"] and plain["SECURE_PROXY_SSL_HEADER"] is None
        assert "http://" not in "".join(secure["CORS_ORIGIN_WHITELIST"] + secure["CSRF_TRUSTED_ORIGINS"])
    assert case.plain("lms", case.stack("campus"))["DCS_SESSION_COOKIE_SAMESITE"] == "None"


def test_tls_at_a_load_balancer_is_tls() -> None:
    stack = case.said(site={"lms_host": "local.openedx.io", "tls": {"source": "upstream"}})
    assert case.plain("lms", stack)["SESSION_COOKIE_SECURE"] is True


def test_session_cookies_of_both_sites_don_t_meet() -> None:
    lms, studio = (case.plain(site, case.stack("campus")) for site in SITES)
    assert lms["SESSION_COOKIE_DOMAIN"] == "learn.campus.example.org"
    assert studio["SESSION_COOKIE_DOMAIN"] == "author.campus.example.org"
    assert studio["SESSION_COOKIE_NAME"] != lms.get("SESSION_COOKIE_NAME", "sessionid")


def test_probes_and_other_pods_are_allowed_hosts() -> None:
    assert case.plain("lms", case.stack())["ALLOWED_HOSTS"] == ["local.openedx.io", "lms"]
    assert case.plain("cms", case.stack())["ALLOWED_HOSTS"] == ["studio.local.openedx.io", "studio"]


def test_studio_logs_in_at_the_public_lms_and_asks_the_internal_one() -> None:
    found = case.whole("cms", case.stack("campus"))
    assert found["SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT"] == "https://learn.campus.example.org"
    assert found["SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT"] == "http://lms:8000"
    assert found["SOCIAL_AUTH_EDX_OAUTH2_SECRET"] == "<studio_oauth2_secret>"
    assert found["SOCIAL_AUTH_REDIRECT_IS_HTTPS"] is True


# Stores


def test_each_alias_that_the_platform_knows_is_a_cache() -> None:
    """The aliases of the platform's own CACHES, and the one that ORA is told to use."""
    for site in SITES:
        caches = case.whole(site, case.stack())["CACHES"]
        assert caches.keys() == {
            "default",
            "general",
            "configuration",
            "celery",
            "mongo_metadata_inheritance",
            "course_structure_cache",
            "staticfiles",
            "ora2-storage",
        }
        shared = {alias: cache for alias, cache in caches.items() if alias != "staticfiles"}
        assert {cache["OPTIONS"]["PASSWORD"] for cache in shared.values()} == {"<cache_password>"}
        assert len({cache["KEY_PREFIX"] for cache in shared.values()}) == len(shared)


def test_the_course_database_is_said_in_all_three_places() -> None:
    for site in SITES:
        found = case.whole(site, case.stack())
        config = found["DOC_STORE_CONFIG"]
        assert (config["host"], config["user"], config["password"]) == (
            "mongodb",
            "openedx",
            "<mongodb_password>",
        )
        assert config["authsource"] == config["db"]
        assert found["CONTENTSTORE"]["DOC_STORE_CONFIG"] == config
        stores = found["MODULESTORE"]["default"]["OPTIONS"]["stores"]
        assert [store["NAME"] for store in stores] == ["split", "draft"]
        assert all(store["DOC_STORE_CONFIG"] == config for store in stores)


def test_the_database_has_all_that_production_py_looks_up() -> None:
    for site in SITES:
        default = case.whole(site, case.stack())["DATABASES"]["default"]
        assert default.keys() >= {"ENGINE", "USER", "PASSWORD", "NAME", "HOST", "PORT"}
        assert default["OPTIONS"]["charset"] == "utf8mb4"


def test_the_event_bus_is_on_the_broker() -> None:
    for site in SITES:
        found = case.whole(site, case.stack("campus"))
        assert found["EVENT_BUS_REDIS_CONNECTION_URL"] == found["BROKER_URL"]
        assert found["EVENT_BUS_TOPIC_PREFIX"] == "campus"


def test_no_task_goes_to_a_queue_without_workers() -> None:
    release = case.stack().pinned_release
    served = {f"edx.lms.core.{queue}" for queue in release.lms_queues}
    found = case.plain("lms", case.stack())
    named = {
        value for value in found.values() if isinstance(value, str) and value.startswith("edx.lms.core.")
    }
    assert named and named <= served


# Files


def locations(value: Any) -> list[str]:
    """All absolute paths in a setting."""
    if isinstance(value, dict):
        return [path for inner in value.values() for path in locations(inner)]
    return [value] if isinstance(value, str) and value.startswith("/openedx/") else []


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(
    "name",
    [
        "GRADES_DOWNLOAD",
        "FINANCIAL_REPORTS",
        "ORA2_FILEUPLOAD_ROOT",
        "OPENEDX_LEARNING",
        "GITHUB_REPO_ROOT",
        "VIDEO_TRANSCRIPTS_SETTINGS",
    ],
)
def test_what_belongs_to_learners_and_authors_is_not_public(site: Site, name: str) -> None:
    found = locations(case.plain(site, case.stack())[name])
    assert found and not [path for path in found if path.startswith(MEDIA_DIR)]


def test_private_files_are_shared_by_all_pods() -> None:
    found = case.plain("cms", case.stack())
    shared = ("GRADES_DOWNLOAD", "ORA2_FILEUPLOAD_ROOT", "OPENEDX_LEARNING", "GITHUB_REPO_ROOT")
    assert all(path.startswith(PRIVATE_DIR) for name in shared for path in locations(found[name]))


def test_report_stores_leave_the_choice_of_storage_to_us() -> None:
    """A STORAGE_TYPE, even None, would send the platform another way (or make it fail on None.lower())."""
    for name in ("GRADES_DOWNLOAD", "FINANCIAL_REPORTS"):
        store = case.plain("lms", case.stack())[name]
        assert store.keys() == {"STORAGE_CLASS", "STORAGE_KWARGS"}
        assert store["STORAGE_CLASS"] == "lms.envs.openedx_infra.storages.ReportStorage"


# Mail


def test_mail_goes_to_the_relay() -> None:
    found = case.whole("lms", case.stack("dev"))
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_HOST_USER"]) == ("smtp", 8025, "")
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (False, False)
    assert found["DEFAULT_FROM_EMAIL"] == "contact@local.openedx.io"


@pytest.mark.parametrize(
    ("security", "port", "tls", "ssl"),
    [("starttls", 587, True, False), ("tls", 465, False, True), ("none", 25, False, False)],
)
def test_mail_goes_to_a_server_outside(security: str, port: int, tls: bool, ssl: bool) -> None:
    delivery = {"source": "smtp", "host": "smtp.example.org", "port": port, "security": security}
    found = case.plain("lms", case.said(mail={"delivery": delivery}))
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("smtp.example.org", port)
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (tls, ssl)


def test_mail_without_login_has_no_password() -> None:
    at = Endpoint(host="smtp.example.org", port=587)
    secrets = {"mail_password": "x"}
    assert mail_secrets(Smtp(endpoint=at), secrets) == {}
    assert mail_secrets(Smtp(endpoint=at, user="campus"), secrets) == {"EMAIL_HOST_PASSWORD": "x"}


# Frontends


def test_only_served_frontends_are_pointed_to() -> None:
    found = case.plain("lms", case.stack("campus"))
    for gone in (
        "COMMUNICATIONS_MICROFRONTEND_URL",
        "CATALOG_MICROFRONTEND_URL",
        "ENABLE_NEW_BULK_EMAIL_EXPERIENCE",
    ):
        assert gone not in found
    assert found["LEARNING_MICROFRONTEND_URL"] == "https://apps.campus.example.org/learning"
    assert found["PROFILE_MICROFRONTEND_URL"] == "https://apps.campus.example.org/profile/u/"
    assert found["INSTRUCTOR_MICROFRONTEND_URL"] == "https://apps.campus.example.org/instructor-dashboard"
    assert found["ENABLE_AUTHN_MICROFRONTEND"] is True
    assert "SCHEDULE_EMAIL_SECTION" not in found["MFE_CONFIG"]


def test_every_frontend_of_the_release_is_pointed_to() -> None:
    release, found = case.stack().pinned_release, case.plain("lms", case.stack())
    for mfe in release.mfes:
        assert found[mfe.setting] == f"http://apps.local.openedx.io/{mfe.name}{mfe.suffix}"
        assert all(found[flag] is True for flag in mfe.flags)
    studio = case.plain("cms", case.stack())
    assert {mfe.setting for mfe in release.mfes if mfe.studio} <= studio.keys()


def test_the_operator_s_entries_for_frontends_win() -> None:
    found = case.plain("lms", case.stack("campus"))
    assert found["MFE_CONFIG"]["SITE_NAME"] == "Campus online"
    assert found["MFE_CONFIG"]["LMS_BASE_URL"] == "https://learn.campus.example.org"
    assert found["MFE_CONFIG_OVERRIDES"] == {"learning": {"LEARNING_ASSISTANT": False}}


def test_without_authn_the_platform_logs_in_itself() -> None:
    found = case.plain("lms", case.said(mfes={"disabled": ["authn"]}))
    assert (
        not {"AUTHN_MICROFRONTEND_URL", "AUTHN_MICROFRONTEND_DOMAIN", "ENABLE_AUTHN_MICROFRONTEND"}
        & found.keys()
    )
    assert found["FRONTEND_SITE_CONFIG"]["commonAppConfig"] == {}
