"""Course Discovery in the graph: its Elasticsearch, its settings, what the LMS gets, and who reaches what."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
import yaml
from flows import Pod, enters, leaves, pods, ports, reaches, talks
from samples import LEAST
from shape import Record, find, names_before, of_kind, template

import policies
from openedx_infra.config import BaseStack, load
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.services.discovery import MODULE, PORT, SETTINGS
from openedx_infra.services.notes import SETTINGS as NOTES_SETTINGS

TRAEFIK = Pod({"app.kubernetes.io/name": "traefik"}, "kube-system")
ELSEWHERE = {"source": "external", "url": "https://search.example.org:9243", "username": "openedx"}
PUBLIC = "http://discovery.learn.example.org"


def _stack(notes: Mapping[str, Any] | None = None, **discovery: Any) -> dict[str, Any]:
    beside = {} if notes is None else {"notes": dict(notes)}
    site = {**LEAST["site"], "lms_host": "learn.example.org"}
    return {**LEAST, "site": site, "services": {"discovery": discovery, **beside}}


def _settings(graph: Graph, service: str = "discovery", file: str = SETTINGS) -> dict[str, Any]:
    secret = graph.object(find(graph, "Secret", f"{service}-secrets"), reveal_secrets=True)
    found: dict[str, Any] = json.loads(secret["stringData"][file.strip("/").replace("/", "-")])
    return found


@pytest.mark.parametrize(
    "described",
    [
        _stack(),
        _stack(search=ELSEWHERE),
        _stack(notes={"search_by": "elasticsearch"}),
        _stack(notes={"search_by": "elasticsearch"}, search=ELSEWHERE),
    ],
    ids=["least", "elsewhere", "notes", "notes-elsewhere"],
)
def test_no_rule_is_broken(
    recorded: Record, needed: Callable[[BaseStack], Mapping[str, str]], described: dict[str, Any]
) -> None:
    stack = load("dev", described)
    assert policies.check(recorded(described), stack, needed(stack)) == []


def test_the_lms_asks_it_inside_and_browsers_outside(recorded: Record) -> None:
    graph = recorded(_stack())
    lms = yaml.safe_load(graph.object(find(graph, "ConfigMap", "lms-settings"))["data"]["lms.yml"])
    inside = f"http://discovery:{PORT}"
    assert lms["COURSE_CATALOG_API_URL"] == f"{inside}/api/v1" and lms["COURSE_CATALOG_URL_ROOT"] == inside
    assert lms["MFE_CONFIG"]["ENABLE_PROGRAMS"] is True
    assert lms["MFE_CONFIG"]["DISCOVERY_API_BASE_URL"] == PUBLIC
    assert f"{PUBLIC}/logout/" in lms["IDA_LOGOUT_URI_LIST"]
    setup = json.loads(graph.object(find(graph, "ConfigMap", "lms-setup-parameters"))["data"]["setup.json"])
    assert setup["site_configuration"] == {"COURSE_CATALOG_API_URL": f"{inside}/api/v1"}
    assert setup["config_models"]["programs.ProgramsApiConfig"] == {"marketing_path": "/programs"}
    assert setup["config_models"]["catalog.CatalogIntegration"]["service_username"] in setup["rights"]
    assert setup["rights"]["discovery"] == {"staff": True, "superuser": True}
    clients = {each["client_id"]: each for each in setup["clients"]}
    assert clients["discovery"]["grant"] == "client-credentials"
    assert clients["discovery-sso"]["redirect_uris"] == f"{PUBLIC}/complete/edx-oauth2/"


def test_programs_are_fetched_while_it_runs(recorded: Record) -> None:
    def duties(described: dict[str, Any]) -> set[str]:
        return {each.name for each in of_kind(recorded(described), "CronJob")}

    assert {"duty-programs", "discovery-refresh"} <= duties(_stack())
    off = duties(_stack(enabled=False))
    assert not {"duty-programs", "discovery-refresh"} & off


def test_its_settings_name_what_the_instance_has(
    recorded: Record, needed: Callable[[BaseStack], Mapping[str, str]]
) -> None:
    graph, values = recorded(_stack()), needed(load("dev", _stack()))
    found = _settings(graph)
    settings = found["settings"]
    assert settings["DATABASES"]["default"] == settings["DATABASES"]["read_replica"]
    assert settings["DATABASES"]["default"]["PASSWORD"] == values["discovery_mysql_password"]
    assert settings["CACHES"]["default"]["KEY_PREFIX"] == "discovery"
    assert settings["ALLOWED_HOSTS"] == ["discovery.learn.example.org", "discovery"]
    assert settings["BACKEND_SERVICE_EDX_OAUTH2_SECRET"] == values["discovery_oauth_secret"]
    assert settings["SOCIAL_AUTH_EDX_OAUTH2_SECRET"] == values["discovery_sso_secret"]
    # Data for browsers has public addresses; the requests go inside.
    assert settings["SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT"] == "http://learn.example.org"
    assert found["inside"]["http://learn.example.org"] == "http://lms:8000"
    assert found["inside"]["http://studio.learn.example.org"] == "http://studio:8000"
    assert found["over"]["JWT_AUTH"]["JWT_ISSUERS"][0]["SECRET_KEY"] == values["jwt_secret_key"]
    assert values["jwt_private_key"][40:80] not in json.dumps(found)
    assert settings["MEDIA_URL"] == f"{PUBLIC}/media/"


def test_elasticsearch_runs_without_rights_and_before_what_needs_it(recorded: Record) -> None:
    graph = recorded(_stack(search={"source": "in-cluster", "storage": "5Gi", "pod": _SIZE}))
    server = find(graph, "StatefulSet", "discovery-search")
    spec = template(graph, server)["spec"]
    [container] = spec["containers"]
    assert container["image"] == "docker.io/library/elasticsearch:7.17.29" and "initContainers" not in spec
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    script = container["command"][-1]
    # A node needs no kernel setting for it.
    assert "node.store.allow_mmap=false" in script and "discovery.type=single-node" in script
    env = {each["name"]: each["value"] for each in container["env"]}
    assert "-Xms1024m -Xmx1024m" in env["ES_JAVA_OPTS"]
    assert container["resources"]["limits"]["memory"] == "3Gi"
    folders = {each["mountPath"] for each in container["volumeMounts"]}
    assert folders == {"/usr/share/elasticsearch/data", "/usr/share/elasticsearch/logs", "/tmp"}
    claim = find(graph, "PersistentVolumeClaim", "discovery-search")
    assert claim.protect
    assert graph.object(claim)["spec"]["resources"]["requests"]["storage"] == "5Gi"
    before = names_before(graph, find(graph, "Job", "discovery-migrate"))
    assert {"StatefulSet discovery-search", "Job lms-setup"} <= before
    assert "Job discovery-index" in names_before(graph, find(graph, "Deployment", "discovery"))
    assert "Job discovery-partner" in names_before(graph, find(graph, "Job", "discovery-index"))


_SIZE = {"cpu": "200m", "memory": "2Gi", "memory_limit": "3Gi"}


def test_what_it_reaches_is_what_it_needs(recorded: Record) -> None:
    graph = recorded(_stack())
    assert enters(graph, TRAEFIK, pods(graph)["discovery"], PORT) and talks(graph, "lms", "discovery", PORT)
    # Cache and broker are one software, whose pods policies don't tell apart.
    stores = {"mysql", "cache", "broker"}
    assert _open_to(graph, "discovery") == {*stores, "lms", "studio", "discovery-search"}
    assert not reaches(graph, "discovery", "192.0.2.1", 443)
    # The index is reached by those who search it, and reaches nobody.
    known = pods(graph)
    clients = {name for name in known if talks(graph, name, "discovery-search", 9200)}
    assert clients == {
        *("discovery", "discovery-migrate", "discovery-partner", "discovery-index", "discovery-refresh")
    }
    assert not enters(graph, TRAEFIK, known["discovery-search"], 9200)
    assert _open_to(graph, "discovery-search") == set()


def _open_to(graph: Graph, name: str) -> set[str]:
    known = pods(graph)
    return {
        other
        for other, pod in known.items()
        for port in ports(graph, other)
        if leaves(graph, known[name], pod, port) and talks(graph, name, other, port)
    }


def test_credentials_copies_its_catalog(recorded: Record) -> None:
    described = _stack()
    graph = recorded({**described, "services": {**described["services"], "credentials": {}}})
    assert talks(graph, "credentials-copy-catalog", "discovery", PORT)
    assert not talks(graph, "credentials-copy-catalog", "discovery-search", 9200)


def test_an_elasticsearch_elsewhere_is_reached_and_nothing_runs(
    recorded: Record, needed: Callable[[BaseStack], Mapping[str, str]]
) -> None:
    """Its indexes have the instance's name before theirs, without hyphens: upstream's code knows none."""
    described = _stack(search=ELSEWHERE)
    graph = recorded(described)
    assert "discovery-search" not in {each.name for each in of_kind(graph, "StatefulSet")}
    assert reaches(graph, "discovery", "192.0.2.1", 9243)
    settings = _settings(graph)["settings"]
    password = needed(load("dev", described))["discovery_search_password"]
    assert settings["ELASTICSEARCH_DSL"]["default"]["hosts"] == ["https://search.example.org:9243"]
    assert settings["ELASTICSEARCH_DSL"]["default"]["http_auth"] == ["openedx", password]
    assert sorted(settings["ELASTICSEARCH_INDEX_NAMES"].values())[:2] == ["dev_course", "dev_course_run"]
    assert settings["ELASTICSEARCH_DSL_INDEX_SETTINGS"]["number_of_replicas"] == 1


def test_the_authority_of_an_elasticsearch_elsewhere_is_a_file(recorded: Record) -> None:
    authority = str(Path(__file__).parents[1] / "data" / "certificates" / "ca.pem")
    search = {"source": "external", "url": "https://search.example.org", "ca": authority}
    graph = recorded(_stack(search=search))
    path = _settings(graph)["settings"]["ELASTICSEARCH_DSL"]["default"]["ca_certs"]
    texts = graph.object(find(graph, "ConfigMap", "discovery-config"))["data"]
    assert texts[path.strip("/").replace("/", "-")] == Path(authority).read_text()


def test_indexes_are_made_before_they_are_filled(recorded: Record) -> None:
    """On an empty server update_index fails: it asks how much each index holds (seen with 7.17)."""
    graph = recorded(_stack())
    [index] = template(graph, find(graph, "Job", "discovery-index"))["spec"]["containers"]
    refresh = graph.object(find(graph, "CronJob", "discovery-refresh"))["spec"]["jobTemplate"]["spec"]
    [again] = refresh["template"]["spec"]["containers"]
    for container in (index, again):
        words = container["command"][-1].split()
        assert words.index("install_es_indexes") < words.index("update_index")
    # What the LMS doesn't answer keeps nobody from finding what is there.
    assert "refresh_course_metadata || failed=$?" in again["command"][-1]


def test_indexes_are_made_on_another_server(recorded: Record) -> None:
    def job(described: dict[str, Any]) -> Mapping[str, Any]:
        graph = recorded(described)
        found: Mapping[str, Any] = template(graph, find(graph, "Job", "discovery-index"))["metadata"]
        return found["annotations"]

    other = {**ELSEWHERE, "url": "https://other.example.org"}
    assert job(_stack(search=ELSEWHERE)) != job(_stack(search=other))


def test_notes_search_by_the_same_elasticsearch(
    recorded: Record, needed: Callable[[BaseStack], Mapping[str, str]]
) -> None:
    graph = recorded(_stack(notes={"search_by": "elasticsearch"}))
    settings = _settings(graph, "notes", NOTES_SETTINGS)
    assert settings["ES_DISABLED"] is False
    assert settings["ELASTICSEARCH_DSL"]["default"]["hosts"] == ["http://discovery-search:9200"]
    assert talks(graph, "notes", "discovery-search", 9200) and talks(
        graph, "notes-index", "discovery-search", 9200
    )
    assert not talks(recorded(_stack(notes={})), "notes", "discovery-search", 9200)
    described = _stack(notes={"search_by": "elasticsearch"}, search=ELSEWHERE)
    elsewhere = recorded(described)
    settings = _settings(elsewhere, "notes", NOTES_SETTINGS)
    password = needed(load("dev", described))["notes_search_password"]
    assert settings["ELASTICSEARCH_DSL"]["default"]["http_auth"] == ["openedx", password]
    assert list(settings["ELASTICSEARCH_INDEX_NAMES"].values()) == ["dev_notes"]
    assert reaches(elsewhere, "notes", "192.0.2.1", 9243)


class _Adapter:
    """A stand-in for requests' adapter: keeps what it was asked to send."""

    sent: ClassVar[list[Any]] = []

    def send(self, request: Any, **_options: Any) -> Any:
        self.sent.append(request)
        return _Answer(url=request.url, request=request)


class _Answer:
    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)


class _Request:
    def __init__(self, url: str) -> None:
        self.url, self.headers = url, {"Authorization": "JWT"}

    def copy(self) -> _Request:
        return _Request(self.url)


def test_its_settings_module_runs_over_its_defaults_and_asks_the_lms_inside(
    recorded: Record, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With stand-ins for course_discovery/settings/base.py and requests."""
    base, adapters = ModuleType("course_discovery.settings.base"), ModuleType("requests.adapters")
    vars(base).update(JWT_AUTH={"JWT_ALGORITHM": "HS256", "JWT_ISSUER": []}, SITE_ID=7)
    monkeypatch.setattr(_Adapter, "send", _Adapter.send)
    monkeypatch.setattr(_Adapter, "sent", [])
    vars(adapters)["HTTPAdapter"] = _Adapter
    requests = ModuleType("requests")
    vars(requests)["adapters"] = adapters
    for name in ("course_discovery", "course_discovery.settings"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    for module in (base, adapters, requests):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    file = tmp_path / "discovery.json"
    file.write_text(json.dumps(_settings(recorded(_stack()))))
    settings: dict[str, Any] = {}
    exec(compile(MODULE.replace(SETTINGS, str(file)), "openedx_infra_discovery.py", "exec"), settings)
    assert settings["SITE_ID"] == 1 and settings["COMPRESS_OFFLINE"] is True
    assert settings["JWT_AUTH"]["JWT_ALGORITHM"] == "HS256" and settings["JWT_AUTH"]["JWT_ISSUERS"]
    asked = _Request("http://learn.example.org/api/courses/v1/courses/?page=2")
    answer = _Adapter().send(asked)
    [sent] = _Adapter.sent
    assert sent.url == "http://lms:8000/api/courses/v1/courses/?page=2"
    assert sent.headers["Host"] == "learn.example.org" and sent.headers["X-Forwarded-Proto"] == "http"
    assert answer.url == asked.url and asked.headers == {"Authorization": "JWT"}
    # Another host that only begins alike is asked where it is.
    _Adapter().send(_Request("http://learn.example.org.evil.example/"))
    assert _Adapter.sent[-1].url == "http://learn.example.org.evil.example/"
