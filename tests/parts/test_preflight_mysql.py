"""The preflight names what is wrong with a MySQL server. A real MariaDB is spoiled in every way."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from authority import Authority
from looking import Looker
from servers import HOST, MariaDb, Process, free_port

pytestmark = pytest.mark.parts

PASSWORD = 'it\'s a \\ "pass" wörd'
RIGHTS = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES"


@pytest.fixture
def server(mariadb: MariaDb, authority: Authority) -> Iterator[MariaDb]:
    """With the platform's database and user, as an operator would make them."""
    quoted = PASSWORD.replace("\\", "\\\\").replace("'", "''")
    mariadb.sql(
        "DROP DATABASE IF EXISTS open_edx",
        "DROP USER IF EXISTS openedx@'%'",
        "CREATE DATABASE open_edx CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
        f"CREATE USER openedx@'%' IDENTIFIED BY '{quoted}'",
        f"GRANT {RIGHTS} ON `open\\_edx`.* TO openedx@'%'",
    )
    yield mariadb
    mariadb.certify(authority.issue())


@pytest.fixture
def pod(looker: Looker, authority: Authority) -> Looker:
    looker.secrets["mysql_password"] = PASSWORD
    looker.trust("mysql", authority.certificate)
    return looker


def said(server: Process, **more: Any) -> dict[str, Any]:
    return {
        "source": "external",
        "host": HOST,
        "port": server.port,
        "database": "open_edx",
        "tls": {"ca": "campus.pem"},
        **more,
    }


def test_a_right_server_is_fit(server: MariaDb, pod: Looker) -> None:
    warnings = pod.look(mysql=said(server)).demand_fit().warnings
    assert [warning for warning in warnings if "tested with MySQL 8.4 alone" in warning]


def test_one_without_encryption_is_fit_where_none_is_said(server: MariaDb, pod: Looker) -> None:
    pod.look(mysql=said(server, tls=None)).demand_fit()


def test_replica_and_history_are_looked_at(server: MariaDb, pod: Looker) -> None:
    server.sql("CREATE OR REPLACE DATABASE history CHARACTER SET latin1", "GRANT ALL ON history.* TO openedx")
    more = {"history_database": "history", "replica": {"host": HOST, "port": free_port()}}
    looked = pod.look(mysql=said(server, **more))
    assert [fault.partition(":")[2].split(":")[0] for fault in looked.faults] == [
        "datastores.mysql.history_database",
        "datastores.mysql.replica.host",
    ], looked.text
    server.sql("ALTER DATABASE history CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    more["replica"] = {"host": HOST, "port": server.port}
    pod.look(mysql=said(server, **more)).demand_fit()


def test_a_wrong_password(server: MariaDb, pod: Looker) -> None:
    pod.secrets["mysql_password"] = "guessed-wrongly"
    pod.look(mysql=said(server)).demand_fault(
        "openedx:datastores.mysql.user: ", "refuses the password of openedx", "openedx:secrets.mysql_password"
    )


def test_nobody_at_the_port(server: MariaDb, pod: Looker) -> None:
    pod.look(mysql=said(server, port=free_port())).demand_fault(
        "openedx:datastores.mysql.host: nobody answers at 127.0.0.1:", "Connection refused"
    )


def test_an_unknown_name(server: MariaDb, pod: Looker) -> None:
    pod.look(mysql=said(server, host="db.invalid")).demand_fault("the name db.invalid is unknown to DNS")


def test_an_authority_that_is_not_trusted(server: MariaDb, pod: Looker, tmp_path: Path) -> None:
    pod.trust("mysql", Authority(tmp_path, "stranger").certificate)
    pod.look(mysql=said(server)).demand_fault("mysql.tls.ca: ", "by an authority that is not trusted")


def test_a_certificate_for_another_name(server: MariaDb, pod: Looker, authority: Authority) -> None:
    server.certify(authority.issue("db.example.org"))
    fault = pod.look(mysql=said(server)).demand_fault("mysql.host: ", "for another name than 127.0.0.1")
    assert "`verify: ca`" in fault
    for tls in ({"ca": "campus.pem", "verify": "ca"}, {"verify": "none"}):
        pod.look(mysql=said(server, tls=tls)).demand_fit()


def test_an_expired_certificate(server: MariaDb, pod: Looker, authority: Authority) -> None:
    server.certify(authority.issue(days=-1))
    pod.look(mysql=said(server)).demand_fault("the certificate of 127.0.0.1 has expired", "renew")


def test_a_certificate_that_expires_soon(server: MariaDb, pod: Looker, authority: Authority) -> None:
    server.certify(authority.issue(days=3))
    warnings = pod.look(mysql=said(server)).demand_fit().warnings
    assert any("expires in 3 days" in warning for warning in warnings)


def test_a_database_in_latin1(server: MariaDb, pod: Looker) -> None:
    server.sql("ALTER DATABASE open_edx CHARACTER SET latin1")
    pod.look(mysql=said(server)).demand_fault("mysql.database: ", "character set latin1", "ALTER DATABASE")


def test_a_collation_that_tells_case_is_a_warning(server: MariaDb, pod: Looker) -> None:
    server.sql("ALTER DATABASE open_edx COLLATE utf8mb4_bin")
    assert any("utf8mb4_bin" in line for line in pod.look(mysql=said(server)).demand_fit().warnings)


@pytest.mark.parametrize("right", ["ALTER", "REFERENCES"])
def test_a_missing_right(server: MariaDb, pod: Looker, right: str) -> None:
    server.sql(f"REVOKE {right} ON `open\\_edx`.* FROM openedx@'%'")
    pod.look(mysql=said(server)).demand_fault("mysql.user: ", f"openedx lacks {right}:", "GRANT")


def test_rights_by_a_role_count(server: MariaDb, pod: Looker) -> None:
    server.sql(
        f"REVOKE {RIGHTS} ON `open\\_edx`.* FROM openedx@'%'",
        "CREATE OR REPLACE ROLE platform",
        "GRANT ALL ON open_edx.* TO platform",
        "GRANT platform TO openedx@'%'",
        "SET DEFAULT ROLE platform FOR openedx@'%'",
    )
    pod.look(mysql=said(server)).demand_fit()


def test_no_database(server: MariaDb, pod: Looker) -> None:
    server.sql("DROP DATABASE open_edx")
    pod.look(mysql=said(server)).demand_fault("mysql.database: there is no database open_edx")


def test_a_database_of_somebody_else(server: MariaDb, pod: Looker) -> None:
    server.sql("CREATE DATABASE IF NOT EXISTS theirs")
    pod.look(mysql=said(server, database="theirs")).demand_fault("openedx may not use database theirs")


def test_a_server_that_only_reads(server: MariaDb, pod: Looker) -> None:
    server.sql("SET GLOBAL read_only = 1")
    try:
        pod.look(mysql=said(server)).demand_fault("it only reads: name the primary")
    finally:
        server.sql("SET GLOBAL read_only = 0")


def test_options_that_migrations_and_reports_suffer_from(server: MariaDb, pod: Looker) -> None:
    server.sql("SET GLOBAL max_statement_time = 30", "SET GLOBAL max_connections = 60")
    try:
        warnings = pod.look(mysql=said(server)).demand_fit().warnings
    finally:
        server.sql("SET GLOBAL max_statement_time = 0", "SET GLOBAL max_connections = 151")
    assert any("ends statements after 30 s (max_statement_time)" in line for line in warnings)
    assert any("takes 60 connections at a time" in line for line in warnings)
    warnings = pod.look(mysql=said(server)).demand_fit().warnings
    assert not any("statements" in line or "connections" in line for line in warnings)


def test_a_server_that_demands_encryption(server: MariaDb, pod: Looker) -> None:
    server.sql("SET GLOBAL require_secure_transport = 1")
    try:
        pod.look(mysql=said(server)).demand_fit()
        pod.look(mysql=said(server, tls=None)).demand_fault("or set `tls: {}`")
    finally:
        server.sql("SET GLOBAL require_secure_transport = 0")


@pytest.mark.parametrize(("ahead", "word"), [(90, "behind"), (-90, "ahead of")])
def test_a_clock_that_is_wrong(server: MariaDb, pod: Looker, ahead: int, word: str) -> None:
    pod.look(ahead, mysql=said(server)).demand_fault(f"s {word} this cluster's", "NTP")
    assert pod.look(4, mysql=said(server)).demand_fit()
    warned = pod.look(20, mysql=said(server)).demand_fit().warnings
    assert any("its clock is" in line for line in warned)


def test_an_administrator_is_looked_at_instead_of_a_user_to_be(server: MariaDb, pod: Looker) -> None:
    server.sql(
        "CREATE OR REPLACE USER boss@'%' IDENTIFIED BY 'boss-password'",
        "GRANT ALL ON *.* TO boss@'%' WITH GRANT OPTION",
    )
    del pod.secrets["mysql_password"]
    pod.secrets["mysql_root_password"] = "boss-password"
    unmade = said(server, provisioned=False, admin_user="boss", database="not_yet", user="nobody_yet")
    pod.look(mysql=unmade).demand_fit()
    server.sql("REVOKE CREATE USER ON *.* FROM boss@'%'")
    pod.look(mysql=unmade).demand_fault("mysql.admin_user: boss lacks CREATE USER")


def test_what_is_no_mysql(pod: Looker, tmp_path: Path) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        wrong = {"source": "external", "host": HOST, "port": web.server_port}
        looked = pod.look(mysql=wrong)
        web.shutdown()
    looked.demand_fault(f"what answers at 127.0.0.1:{web.server_port} is no MySQL server")


def test_databases_of_services_are_looked_at_by_their_own_users(server: MariaDb, pod: Looker) -> None:
    server.sql("DROP DATABASE IF EXISTS open_edx_xqueue", "DROP USER IF EXISTS openedx_xqueue@'%'")
    pod.services = {"xqueue": {}}
    pod.secrets["xqueue_mysql_password"] = "a-password-of-xqueue"
    fault = pod.look(mysql=said(server)).demand_fault("openedx:services.xqueue: ", "of openedx_xqueue")
    assert "openedx:secrets.xqueue_mysql_password" in fault
    server.sql("CREATE USER openedx_xqueue@'%' IDENTIFIED BY 'a-password-of-xqueue'")
    pod.look(mysql=said(server)).demand_fault(
        "openedx:services.xqueue: ", "openedx_xqueue may not use database open_edx_xqueue, or there is none"
    )
    # As docs/companions.md has it.
    server.sql(
        "CREATE DATABASE open_edx_xqueue CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
        "GRANT SELECT ON open_edx_xqueue.* TO openedx_xqueue@'%'",
    )
    pod.look(mysql=said(server)).demand_fault(
        "openedx:services.xqueue: ", "openedx_xqueue lacks ALTER, CREATE"
    )
    server.sql("GRANT ALL PRIVILEGES ON open_edx_xqueue.* TO openedx_xqueue@'%'")
    pod.look(mysql=said(server)).demand_fit()
