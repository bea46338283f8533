"""Credentials in the graph: its settings, the LMS' tokens and clients, its site, and who reaches it."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from flows import Pod, enters, leaves, pods, ports, reaches, talks
from samples import LEAST
from shape import find, names_before, of_kind, template

from openedx_infra import scripts, testing
from openedx_infra.config import load
from openedx_infra.config.services.registry import companions
from openedx_infra.images.plan import plans
from openedx_infra.operations.offline.recording import Graph, record
from openedx_infra.operations.secrets.secrets import stand_ins
from openedx_infra.services.credentials import PORT, SERVICE
from openedx_infra.services.credentials.issuer import issuer_id, issuer_key
from openedx_infra.services.credentials.settings import MODULE, SETTINGS
from openedx_infra.settings.servers.mfe import mfe_caddyfile

TRAEFIK = Pod({"app.kubernetes.io/name": "traefik"}, "kube-system")
HOST = "credentials.learn.example.org"
OWN_MFE = {"images": {"mfe": "registry.example.org/mfe:1"}}
WALLETS = {**OWN_MFE, "services": {"credentials": {"verifiable_credentials": True}}}


class Recorded:
    """A stack with Credentials, its secrets, and all that is recorded of it."""

    def __init__(self, text: str) -> None:
        self.stack = load("dev", {**LEAST, "services": {"credentials": {}}, **json.loads(text)})
        self.values = stand_ins(self.stack)
        self.graph: Graph = record(self.stack, self.values)

    def file(self, path: str) -> str:
        return testing.config_file(self.graph, "credentials", path)

    @property
    def settings(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.file(SETTINGS))
        return found


@cache
def _recorded(text: str) -> Recorded:
    return Recorded(text)


def on(**said: Any) -> Recorded:
    """A stack file with Credentials, and what it has besides."""
    return _recorded(json.dumps(said, sort_keys=True))


@pytest.mark.parametrize("said", [{}, WALLETS], ids=["least", "wallets"])
def test_it_keeps_what_all_services_keep(said: dict[str, Any]) -> None:
    sections = {key: value for key, value in said.items() if key != "services"}
    section = said.get("services", {}).get("credentials")
    assert testing.problems("credentials", section, **sections) == []


def test_the_platform_knows_it() -> None:
    lms, studio = (testing.settings(on().graph, site) for site in ("lms", "studio"))
    for settings in (lms, studio):
        assert settings["CREDENTIALS_INTERNAL_SERVICE_URL"] == f"http://credentials:{PORT}"
        assert settings["CREDENTIALS_PUBLIC_SERVICE_URL"] == f"http://{HOST}"
    assert lms["ENABLE_LEARNER_RECORDS"] is True
    assert f"http://{HOST}/logout/" in lms["IDA_LOGOUT_URI_LIST"]
    parameters = scripts.setup_parameters(on().stack)
    assert parameters["config_models"] == {
        "credentials.CredentialsApiConfig": {"enable_learner_issuance": True}
    }
    # The LMS' tokens name its own user, who is staff there, so that Credentials takes its awards.
    user = lms["CREDENTIALS_SERVICE_USERNAME"]
    assert parameters["rights"][user] == {"staff": True, "superuser": False}


def test_its_logins_are_the_clients_that_set_up_makes() -> None:
    settings = on().settings
    clients = {each["client_id"]: each for each in scripts.setup_parameters(on().stack)["clients"]}
    sso = clients[settings["SOCIAL_AUTH_EDX_OAUTH2_KEY"]]
    assert sso["redirect_uris"] == f"http://{HOST}/complete/edx-oauth2/"
    assert (sso["grant"], sso["scopes"]) == ("authorization-code", ["user_id"])
    assert settings["SOCIAL_AUTH_EDX_OAUTH2_SECRET"] == on().values[sso["secret"]]
    backend = clients[settings["BACKEND_SERVICE_EDX_OAUTH2_KEY"]]
    assert backend["grant"] == "client-credentials"
    assert settings["BACKEND_SERVICE_EDX_OAUTH2_SECRET"] == on().values[backend["secret"]]


def test_people_sign_in_at_the_public_lms_and_it_asks_the_one_inside() -> None:
    secure = on(site={**LEAST["site"], "tls": {"source": "upstream"}}).settings
    assert secure["SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT"] == "https://learn.example.org"
    assert secure["SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT"] == secure["LMS_INTERNAL_ROOT_URL"] == "http://lms:8000"
    assert secure["SOCIAL_AUTH_REDIRECT_IS_HTTPS"] and secure["SESSION_COOKIE_SECURE"]
    assert secure["CSRF_TRUSTED_ORIGINS"] == [f"https://{HOST}", "https://apps.learn.example.org"]
    assert not on().settings["SESSION_COOKIE_SECURE"]


def test_it_checks_the_tokens_of_the_lms_and_can_sign_none_of_visitors() -> None:
    """The LMS signs those of visitors by its RSA key, and those of requests of its own by a secret."""
    case = on(site={**LEAST["site"], "cookie_prefix": "campus"})
    tokens = case.settings["JWT_AUTH"]
    [issuer] = tokens["JWT_ISSUERS"]
    lms = testing.settings(case.graph, "lms")["JWT_AUTH"]
    assert (issuer["ISSUER"], issuer["AUDIENCE"]) == (lms["JWT_ISSUER"], lms["JWT_AUDIENCE"])
    assert issuer["SECRET_KEY"] == case.values["jwt_secret_key"]
    [key] = json.loads(tokens["JWT_PUBLIC_SIGNING_JWK_SET"])["keys"]
    private: Any = load_pem_private_key(case.values["jwt_private_key"].encode(), password=None)
    octets = base64.urlsafe_b64decode(key["n"] + "=" * (-len(key["n"]) % 4))
    assert int.from_bytes(octets, "big") == private.public_key().public_numbers().n
    assert key.keys() == {"n", "e", "kid", "kty"}
    cookies = ("JWT_AUTH_COOKIE", "JWT_AUTH_COOKIE_HEADER_PAYLOAD", "JWT_AUTH_COOKIE_SIGNATURE")
    assert [tokens[name] for name in cookies] == [lms[name] for name in cookies]
    assert tokens["JWT_AUTH_COOKIE"] == "campus-edx-jwt-cookie"


def test_other_services_have_no_key_of_tokens() -> None:
    case = on(services={"credentials": {}, "notes": {}, "xqueue": {}})
    for name in ("notes", "xqueue"):
        secret = json.dumps(testing.resource(case.graph, "Secret", f"{name}-secrets"))
        assert case.values["jwt_secret_key"] not in secret and "JWT" not in secret


def test_nothing_of_it_is_secret_but_in_its_secret() -> None:
    case = on(**WALLETS)
    own = {value for name, value in case.values.items() if name.startswith("credentials_")}
    assert len(own) == 5
    plain = json.dumps(testing.resource(case.graph, "ConfigMap", "credentials-config"))
    for value in (*own, case.values["jwt_secret_key"]):
        assert json.dumps(value)[1:-1] not in plain
    assert testing.problems("credentials", {"verifiable_credentials": True}, **OWN_MFE) == []


def test_it_reaches_its_stores_and_the_platform_alone() -> None:
    graph = on().graph
    [rule] = graph.object(find(graph, "Ingress", "credentials"))["spec"]["rules"]
    assert (rule["host"], [path["path"] for path in rule["http"]["paths"]]) == (HOST, ["/"])
    assert enters(graph, TRAEFIK, pods(graph)["credentials"], PORT)
    assert talks(graph, "lms", "credentials", PORT)
    assert talks(graph, "lms-worker-default", "credentials", PORT)
    assert not reaches(graph, "credentials", "192.0.2.1", 443)
    own = pods(graph)["credentials"]
    open_to = {
        name
        for name, pod in pods(graph).items()
        for port in ports(graph, name)
        if leaves(graph, own, pod, port) and enters(graph, own, pod, port)
    }
    # Policies know datastores by their software, which broker and cache share.
    assert open_to == {"mysql", "cache", "broker", "smtp", "lms", "studio"}


def test_its_site_is_written_after_its_migrations_and_before_it_serves() -> None:
    case = on(site={**LEAST["site"], "administrators": [{"name": "ada", "email": "ada@example.org"}]})
    graph = case.graph
    assert "Job credentials-migrate" in names_before(graph, find(graph, "Job", "credentials-site"))
    assert {"Job credentials-site", "Job lms-setup"} <= names_before(
        graph, find(graph, "Deployment", "credentials")
    )
    wanted = json.loads(case.file("/openedx/config/site.json"))
    assert wanted["site"]["site_domain"] == HOST
    assert wanted["site"]["lms_url_root"] == "http://learn.example.org"
    assert wanted["administrators"] == [{"username": "ada", "email": "ada@example.org"}]
    assert json.loads(on().file("/openedx/config/site.json"))["administrators"] == []


def test_its_duties_keep_users_as_the_lms_has_them() -> None:
    found = {each.name for each in of_kind(on().graph, "CronJob") if each.name.startswith("credentials-")}
    assert found == {"credentials-sync-ids", "credentials-sync-active"}


def test_signatures_are_in_a_bucket_or_on_a_volume_that_it_hands_out() -> None:
    inside = on(datastores={"storage": {"source": "in-cluster"}}).settings["STORAGES"]["default"]
    assert inside["OPTIONS"]["custom_domain"] == "files.learn.example.org/dev-credentials-media"
    assert inside["OPTIONS"]["querystring_auth"] is False
    case = on(datastores={"storage": {"source": "volumes"}})
    options = case.settings["STORAGES"]["default"]["OPTIONS"]
    [server] = template(case.graph, find(case.graph, "Deployment", "credentials"))["spec"]["containers"]
    assert f"{options['base_url'].rstrip('/')}={options['location']}" in server["command"]
    assert options["location"] in {mount["mountPath"] for mount in server["volumeMounts"]}


def test_learners_have_pages_of_records_where_the_image_has_them() -> None:
    """No published image has the micro-frontend, and an instance's own may leave it out."""
    published, own = on(), on(**OWN_MFE)
    left_out = on(**OWN_MFE, mfes={"disabled": ["learner-record"]})
    url = "http://apps.learn.example.org/learner-record/"
    for case, served in ((published, False), (own, True), (left_out, False)):
        config = testing.settings(case.graph, "lms")["MFE_CONFIG"]
        assert config["CREDENTIALS_BASE_URL"] == (f"http://{HOST}" if served else "")
        assert ("@learner-record path" in mfe_caddyfile(case.stack)) is served
        records = case.settings["LEARNER_RECORD_MFE_RECORDS_PAGE_URL"]
        assert records == (url if served else "http://learn.example.org/")
    assert testing.settings(own.graph, "lms")["MFE_CONFIG"]["ENABLE_VERIFIABLE_CREDENTIALS"] is False


def test_a_build_of_the_mfes_has_its_micro_frontend() -> None:
    built = {"images": {"mfe": {"source": "build", "repository": "registry.example.org/mfe"}}}
    [plan] = plans(on(**built).stack)
    assert "frontend-app-learner-record.git" in plan.dockerfile
    off = {**built, "services": {"credentials": {"enabled": False}}}
    [without] = plans(load("dev", {**LEAST, **off}))
    assert "learner-record" not in without.dockerfile


def test_verifiable_credentials_are_signed_by_a_key_of_its_own() -> None:
    case = on(**WALLETS)
    assert "VERIFIABLE_CREDENTIALS" not in on().settings
    issuer = case.settings["VERIFIABLE_CREDENTIALS"]["DEFAULT_ISSUER"]
    assert issuer["KEY"] == case.values["credentials_issuer_key"]
    assert issuer["ID"] == issuer_id(issuer["KEY"])
    assert case.settings["ENABLE_VERIFIABLE_CREDENTIALS"] is True
    assert testing.settings(case.graph, "lms")["MFE_CONFIG"]["ENABLE_VERIFIABLE_CREDENTIALS"] is True


def test_an_issuer_is_named_as_didkit_names_it() -> None:
    """The public key of an issuer that didkit 0.3.5 named."""
    known = {"kty": "OKP", "crv": "Ed25519", "x": "CuFjce_A3vOnwiSg67r-zK4-vVFxUX1xCqvuMEp_qIQ"}
    assert issuer_id(json.dumps(known)) == "did:key:z6MkfBjTU7MsWmH7AtEHzhNhdpZCNZbgzifoZ1dw8pizeQTm"
    assert issuer_key() != issuer_key() and issuer_id(issuer_key()).startswith("did:key:z6Mk")


def test_its_settings_module_runs_over_its_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a stand-in for credentials/settings/base.py: the names that the module changes."""
    base, plugins = ModuleType("credentials.settings.base"), []
    vars(base).update(
        INSTALLED_APPS=["credentials.apps.core"],
        JWT_AUTH={"JWT_ALGORITHM": "HS256", "JWT_AUTH_COOKIE": "edx-jwt-cookie"},
        STORAGES={"staticfiles": {"BACKEND": "of.the.image"}},
        EDX_DRF_EXTENSIONS={"ENABLE_SET_REQUEST_USER_FOR_JWT_COOKIE": True},
        PROJECT_TYPE="credentials.djangoapp",
        SettingsType=type("SettingsType", (), {"PRODUCTION": "production"}),
        add_plugins=lambda *names: plugins.append(names),
    )
    for name in ("credentials", "credentials.settings"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "credentials.settings.base", base)
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps(on().settings))
    settings: dict[str, Any] = {"__name__": "openedx_infra_credentials"}
    exec(compile(MODULE.replace(SETTINGS, str(file)), "openedx_infra_credentials.py", "exec"), settings)
    assert plugins == [("openedx_infra_credentials", "credentials.djangoapp", "production")]
    assert settings["INSTALLED_APPS"] == ["credentials.apps.core", "openedx_infra_inside.Inside"]
    assert settings["JWT_AUTH"]["JWT_ALGORITHM"] == "HS256"
    assert len(settings["JWT_AUTH"]["JWT_ISSUERS"]) == 1
    assert settings["EDX_DRF_EXTENSIONS"]["ENABLE_SET_REQUEST_USER_FOR_JWT_COOKIE"] is True
    assert settings["STORAGES"].keys() == {"staticfiles", "default"}
    assert settings["LOGGING"]["root"]["handlers"] == ["console"]


def test_its_secrets_can_all_be_made() -> None:
    stack = on(**WALLETS).stack
    [section] = (each.section for each in companions(stack))
    made: Mapping[str, Any] = {each.name: each.make for each in SERVICE.secrets(stack, section)}
    assert all(make is not None and len(make()) >= 40 for make in made.values())
