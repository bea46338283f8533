"""The preflight names what is wrong with a broker or cache. A real Redis is set up in every wrong way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from authority import Authority
from looking import Looker
from servers import HOST, Redis, free_port

pytestmark = pytest.mark.parts

PASSWORD = "br0ker-pass"
BROKER = ("maxmemory-policy noeviction", "appendonly yes", f"requirepass {PASSWORD}")
CACHE = ("maxmemory-policy allkeys-lru", f"requirepass {PASSWORD}")

Start = Callable[..., Redis]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers, all stopped at the end."""
    started: list[Redis] = []

    def fresh(*lines: str, **more: Any) -> Redis:
        folder = tmp_path / f"redis-{len(started)}"
        folder.mkdir()
        server = Redis(folder)
        started.append(server)
        server.start(*lines, **more)
        return server

    yield fresh
    for server in started:
        server.stop()


@pytest.fixture
def pod(looker: Looker) -> Looker:
    looker.secrets |= {"broker_password": PASSWORD, "cache_password": PASSWORD}
    return looker


def said(server: Redis, **more: Any) -> dict[str, Any]:
    return {"source": "external", "host": HOST, "port": server.port, **more}


def test_right_servers_are_fit(start: Start, pod: Looker) -> None:
    looked = pod.look(broker=said(start(*BROKER)), cache=said(start(*CACHE))).demand_fit()
    assert looked.warnings == []


def test_encryption_and_a_user_of_its_own(start: Start, pod: Looker, authority: Authority) -> None:
    pair = authority.issue()
    user = f"user campus on >{PASSWORD} ~* &* +@all"
    server = start(*BROKER[:2], "user default off", user, pair=pair, authority=authority.certificate)
    pod.trust("broker", authority.certificate)
    encrypted = said(server, username="campus", tls={"ca": "campus.pem"})
    pod.look(broker=encrypted).demand_fit()
    pod.look(broker=encrypted | {"username": "other"}).demand_fault("broker.username: ", "other's password")
    pod.look(broker=encrypted | {"tls": None}).demand_fault("broker.host: it does not answer as it should")


def test_a_client_must_prove_who_it_is(start: Start, pod: Looker, authority: Authority) -> None:
    server = start(*BROKER, "tls-auth-clients yes", pair=authority.issue(), authority=authority.certificate)
    pod.trust("broker", authority.certificate)
    pod.look(broker=said(server, tls={"ca": "campus.pem"})).demand_fault(
        "broker.tls.client_certificate: ", "does not accept who we are"
    )
    client = authority.issue("campus.example.org")
    pod.show("broker", client.certificate, client.key)
    proved = said(server, tls={"ca": "campus.pem", "client_certificate": "client.pem"})
    pod.look(broker=proved).demand_fit()
    pod.show("broker", client.certificate, authority.issue("other.example.org").key)
    pod.look(broker=proved).demand_fault("broker.tls.client_certificate: the key", "does not belong to")


def test_wrong_certificates(start: Start, pod: Looker, authority: Authority, tmp_path: Path) -> None:
    pod.trust("cache", authority.certificate)
    wrong = {
        "for another name than 127.0.0.1": authority.issue("cache.example.org"),
        "has expired": authority.issue(days=-1),
        "not trusted": Authority(tmp_path, "stranger").issue(),
    }
    for words, pair in wrong.items():
        server = start(*CACHE, pair=pair, authority=authority.certificate)
        pod.look(cache=said(server, tls={"ca": "campus.pem"})).demand_fault("datastores.cache", words)


def test_encryption_that_is_not_there(start: Start, pod: Looker) -> None:
    pod.look(cache=said(start(*CACHE), tls={})).demand_fault("cache.tls: 127.0.0.1 does not speak TLS here")


def test_wrong_eviction_is_a_fault_of_a_broker_alone(start: Start, pod: Looker) -> None:
    evicts, never = start(*CACHE), start(*BROKER)
    pod.look(broker=said(evicts)).demand_fault(
        "eviction policy is allkeys-lru", "set maxmemory-policy to noeviction"
    )
    [warning] = pod.look(cache=said(never)).demand_fit().warnings
    assert "datastores.cache: its eviction policy is noeviction" in warning


def test_a_broker_that_forgets_is_a_warning(start: Start, pod: Looker) -> None:
    [warning] = pod.look(broker=said(start(BROKER[0], BROKER[2]))).demand_fit().warnings
    assert "no append-only file" in warning


def test_passwords(start: Start, pod: Looker) -> None:
    server = start(*BROKER)
    pod.secrets["broker_password"] = "guessed-wrongly"
    pod.look(broker=said(server)).demand_fault("broker.username: ", "openedx:secrets.broker_password")
    pod.look(broker=said(server, authenticated=False)).demand_fault("set `authenticated: true`")


def test_rights_of_its_user(start: Start, pod: Looker) -> None:
    server = start(
        *BROKER[:2], f"user campus on >{PASSWORD} ~other:* +@all", f"user shy on >{PASSWORD} ~* +@all -info"
    )
    pod.look(broker=said(server, username="campus")).demand_fault(
        "campus may not do what is needed", "all keys"
    )
    [warning] = pod.look(broker=said(server, username="shy")).demand_fit().warnings
    assert "may not use INFO" in warning


def test_what_cannot_be_used(start: Start, pod: Looker) -> None:
    master = start(*BROKER)
    replica = start(*BROKER, f"replicaof {HOST} {master.port}", f"masterauth {PASSWORD}")
    pod.look(broker=said(replica)).demand_fault("broker.host: it is a replica, which only reads")
    # By itself it takes a port that is 10,000 higher, which may be none.
    cluster = start(*BROKER, "cluster-enabled yes", f"cluster-port {free_port()}")
    looked = pod.look(broker=said(cluster))
    assert any("cluster mode" in fault for fault in looked.faults), looked.text
    pod.look(broker=said(master, database=99)).demand_fault("broker.database: it has no database 99")
    pod.look(broker=said(master, port=free_port())).demand_fault("nobody answers at 127.0.0.1:")


def test_a_clock_that_is_wrong(start: Start, pod: Looker) -> None:
    pod.look(90, cache=said(start(*CACHE))).demand_fault("its clock is 90 s behind this cluster's")


def test_sentinels(start: Start, pod: Looker) -> None:
    master = start(*BROKER)
    sentinel = start(
        f"sentinel monitor campus {HOST} {master.port} 1", f"sentinel auth-pass campus {PASSWORD}"
    )
    watched = {
        "source": "external",
        "sentinels": [{"host": HOST, "port": sentinel.port}],
        "master": "campus",
    }
    pod.look(broker=watched).demand_fit()
    pod.look(broker=watched | {"master": "other"}).demand_fault("broker.master: ", "knows no master other")
    gone = watched | {"sentinels": [*watched["sentinels"], {"host": HOST, "port": free_port()}]}
    pod.look(broker=gone).demand_fault("broker.sentinels: nobody answers")
