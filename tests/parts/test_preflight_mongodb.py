"""The preflight names what is wrong with a MongoDB. The driver is real, the server a stand-in.

No MongoDB can be had from the registries that tests use; FerretDB, which can, knows neither users nor
replica sets where it is built as a module.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from authority import Authority
from looking import Looker
from servers import HOST, SYSTEM_PYTHON, Process, free_port, wait

pytestmark = pytest.mark.parts

PASSWORD = "p@ss:w/rd?#%é"
USERS = {"openedx": {"openedx": PASSWORD}, "admin": {"openedx": PASSWORD, "boss": "boss-password"}}
READ_WRITE = ["find", "insert", "update", "remove", "createCollection", "createIndex"]

Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts stand-ins, each as it is told, all stopped at the end."""
    started: list[Process] = []

    def fresh(**told: Any) -> Process:
        folder = tmp_path / f"mongodb-{len(started)}"
        folder.mkdir()
        server = Process(folder)
        started.append(server)
        file = folder / "told.json"
        file.write_text(json.dumps({"port": server.port, "users": USERS, **told}))
        server.run([SYSTEM_PYTHON, str(Path(__file__).parent / "mongodb_standin.py"), str(file)])
        wait(server.open, "the stand-in", server.log)
        return server

    yield fresh
    for server in started:
        server.stop()


@pytest.fixture
def pod(looker: Looker) -> Looker:
    looker.secrets["mongodb_password"] = PASSWORD
    return looker


def said(server: Process, **more: Any) -> dict[str, Any]:
    return {"source": "external", "members": [{"host": HOST, "port": server.port}], **more}


def test_right_servers_are_fit(start: Start, pod: Looker) -> None:
    assert pod.look(mongodb=said(start())).demand_fit().warnings == []
    pod.look(mongodb=said(start(), auth_database="admin")).demand_fit()
    assert pod.look(mongodb=said(start(set="rs0"), replica_set="rs0")).demand_fit().warnings == []


def test_passwords_and_users(start: Start, pod: Looker) -> None:
    server = start()
    other = said(server, user="other")
    pod.look(mongodb=other).demand_fault("other is no user of database openedx", "`auth_database`")
    pod.secrets["mongodb_password"] = "guessed-wrongly"
    pod.look(mongodb=said(server)).demand_fault("mongodb.user: ", "openedx:secrets.mongodb_password")


def test_encryption(start: Start, pod: Looker, authority: Authority, tmp_path: Path) -> None:
    def certified(host: str = HOST, days: float = 365, by: Authority = authority) -> dict[str, str]:
        pair = by.issue(host, days=days)
        return {"certificate": str(pair.certificate), "key": str(pair.key)}

    pod.trust("mongodb", authority.certificate)
    tls = {"ca": "campus.pem"}
    pod.look(mongodb=said(start(**certified()), tls=tls)).demand_fit()
    pod.look(mongodb=said(start(), tls=tls)).demand_fault("mongodb.tls: ", "does not speak TLS here")
    expired = said(start(**certified(days=-1)), tls=tls)
    pod.look(mongodb=expired).demand_fault("the certificate of 127.0.0.1 has expired")
    another = start(**certified("db.example.org"))
    pod.look(mongodb=said(another, tls=tls)).demand_fault("for another name")
    pod.look(mongodb=said(another, tls={**tls, "verify": "ca"})).demand_fit()
    pod.look(mongodb=said(another, tls={"verify": "none"})).demand_fit()
    stranger = Authority(tmp_path, "stranger")
    pod.look(mongodb=said(start(**certified(by=stranger)), tls=tls)).demand_fault("mongodb.tls.ca: ")


def test_a_client_must_prove_who_it_is(start: Start, pod: Looker, authority: Authority) -> None:
    pair, client = authority.issue(), authority.issue("campus.example.org")
    told = {"certificate": str(pair.certificate), "key": str(pair.key), "clients": str(authority.certificate)}
    pod.trust("mongodb", authority.certificate)
    server = start(**told)
    pod.look(mongodb=said(server, tls={"ca": "campus.pem"})).demand_fault("does not accept who we are")
    pod.show("mongodb", client.certificate, client.key)
    pod.look(mongodb=said(server, tls={"ca": "campus.pem", "client_certificate": "us.pem"})).demand_fit()


def test_a_certificate_is_a_login(start: Start, pod: Looker, authority: Authority) -> None:
    pair, client = authority.issue(), authority.issue("campus.example.org")
    told = {"certificate": str(pair.certificate), "key": str(pair.key), "clients": str(authority.certificate)}
    pod.trust("mongodb", authority.certificate)
    pod.show("mongodb", client.certificate, client.key)
    del pod.secrets["mongodb_password"]
    x509 = {
        "auth_mechanism": "MONGODB-X509",
        "tls": {"ca": "campus.pem", "client_certificate": "us.pem"},
    }
    pod.look(mongodb=said(start(**told, by_certificate=True), **x509)).demand_fit()
    pod.look(mongodb=said(start(**told), **x509)).demand_fault(
        "mongodb.tls.client_certificate: ", "knows no user who is the subject", "$external"
    )


def test_mechanisms(start: Start, pod: Looker) -> None:
    pod.look(mongodb=said(start(), auth_mechanism="SCRAM-SHA-256")).demand_fit()
    pod.look(mongodb=said(start(), auth_mechanism="SCRAM-SHA-1")).demand_fault(
        "mongodb.auth_mechanism: ", "SCRAM-SHA-1", "set another `auth_mechanism`"
    )


def test_a_server_that_refuses_writes_that_may_be_repeated(start: Start, pod: Looker) -> None:
    server = start(set="rs0", retries=False)
    pod.look(mongodb=said(server, replica_set="rs0")).demand_fault(
        "mongodb.retry_writes: ", "set `retry_writes: false`"
    )
    pod.look(mongodb=said(server, replica_set="rs0", retry_writes=False)).demand_fit()
    pod.look(mongodb=said(start(set="rs0"), replica_set="rs0")).demand_fit()


def test_replica_sets(start: Start, pod: Looker) -> None:
    alone, member = start(), start(set="rs1")
    pod.look(mongodb=said(alone, replica_set="rs0")).demand_fault("mongodb.replica_set: ", "rs0")
    pod.look(mongodb=said(member, replica_set="rs0")).demand_fault("mongodb.replica_set: ", "rs0")
    [warning] = pod.look(mongodb=said(member)).demand_fit().warnings
    assert "member of the replica set rs1" in warning
    pod.look(mongodb=said(start(primary=False))).demand_fault("mongodb.members: it only reads")
    gone = {"source": "external", "members": [{"host": HOST, "port": free_port()}]}
    pod.look(mongodb=gone).demand_fault("mongodb.members: nobody answers")


def test_versions(start: Start, pod: Looker) -> None:
    pod.look(mongodb=said(start(version="4.2.1"))).demand_fault("MongoDB 4.2.1 is too old", "7.0")
    [warning] = pod.look(mongodb=said(start(version="8.0.4"))).demand_fit().warnings
    assert "another than 7.0" in warning


def test_rights(start: Start, pod: Looker) -> None:
    pod.look(mongodb=said(start(rights={"openedx": ["find"], "other": READ_WRITE}))).demand_fault(
        "openedx lacks createCollection, createIndex, insert, remove, update on database openedx"
    )
    pod.look(mongodb=said(start(reads=False))).demand_fault("openedx may not read database openedx")


def test_documentdb_without_collations_is_warned_of(start: Start, pod: Looker) -> None:
    warnings = pod.look(mongodb=said(start(collation=False, version="5.0.0"))).demand_fit().warnings
    assert any("it knows no collations" in warning for warning in warnings)


def test_a_clock_that_is_wrong(start: Start, pod: Looker) -> None:
    pod.look(-90, mongodb=said(start())).demand_fault("its clock is 90 s ahead of this cluster's")


def test_an_administrator_is_looked_at_instead_of_a_user_to_be(start: Start, pod: Looker) -> None:
    del pod.secrets["mongodb_password"]
    pod.secrets["mongodb_root_password"] = "boss-password"
    unmade = said(start(rights={}), provisioned=False, admin_user="boss", user="nobody_yet")
    pod.look(mongodb=unmade).demand_fit()
