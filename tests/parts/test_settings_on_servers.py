"""The platform's libraries reach real servers by our settings: encrypted, by Sentinels, in buckets.

The settings module is loaded as in a pod, and django-redis, Celery, walrus and django-storages ask Redis and
the instance's own S3 server (tests/data/ask_servers.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import settings_case as case
from authority import Authority
from s3_server import S3Server
from servers import HOST, Redis, wait
from settings_pod import Pod

from openedx_infra.settings.connections import Buckets, Connections, Endpoint, Purpose, Tls, Valkey

pytestmark = pytest.mark.parts

ASK = (case.DATA / "ask_servers.py").read_text(encoding="utf-8")
# What the tests' pods are told: the passwords of settings_case.py.
BROKER, CACHE = "<broker_password>", "<cache_password>"
VALKEY = {"cache": "found", "broker": {"task": "regrade"}, "event bus": [{"event": "enrolled"}]}

Start = Callable[..., Redis]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers, all stopped at the end."""
    started: list[Redis] = []

    def fresh(*lines: str, **more: Any) -> Redis:
        folder = tmp_path / f"redis-{len(started)}"
        folder.mkdir()
        started.append(Redis(folder))
        started[-1].start(*lines, **more)
        return started[-1]

    yield fresh
    for server in started:
        server.stop()


def ask(folder: Path, known: Connections, *what: str) -> dict[str, Any]:
    """What came of asking in a new pod."""
    folder.mkdir()
    done = Pod(folder, "lms", known).run(ASK, ASKED=",".join(what))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def at(server: Redis) -> Endpoint:
    return Endpoint(host=HOST, port=server.port)


def test_encrypted_with_a_user_that_has_no_other_keys(
    start: Start, authority: Authority, tmp_path: Path
) -> None:
    """As on a server that several instances share: everything begins with the instance's name."""
    pair = authority.issue()

    def shared(password: str) -> Redis:
        user = f"user campus on >{password} ~campus-* &campus-* &/2.campus-* +@all -@dangerous +info +keys"
        return start("user default off", user, pair=pair, authority=authority.certificate)

    tls = Tls(ca=str(authority.certificate), certificate=str(pair.certificate), key=str(pair.key))
    common: dict[str, Any] = {"user": "campus", "tls": tls, "prefix": "campus-", "database": 2}
    known = replace(
        case.IN_CLUSTER,
        broker=Valkey(endpoint=at(shared(BROKER)), **common),
        cache=Valkey(endpoint=at(shared(CACHE)), **common),
    )
    assert ask(tmp_path / "pod", known, *VALKEY) == VALKEY


def test_another_host_s_certificate_is_refused(start: Start, authority: Authority, tmp_path: Path) -> None:
    pair = authority.issue("elsewhere.example.org")
    server = start(f"requirepass {CACHE}", pair=pair, authority=authority.certificate)
    full = Tls(ca=str(authority.certificate))

    def known(tls: Tls) -> Connections:
        return replace(case.IN_CLUSTER, cache=Valkey(endpoint=at(server), tls=tls))

    with pytest.raises(AssertionError, match="CERTIFICATE_VERIFY_FAILED"):
        ask(tmp_path / "full", known(full), "cache")
    # Unless any host will do, or anybody at all.
    assert ask(tmp_path / "ca", known(replace(full, verify="ca")), "cache") == {"cache": "found"}
    assert ask(tmp_path / "none", known(Tls(verify="none")), "cache") == {"cache": "found"}


@pytest.mark.parametrize("encrypted", [False, True])
def test_sentinels_tell_the_master_also_when_it_moved(
    start: Start, authority: Authority, tmp_path: Path, encrypted: bool
) -> None:
    pair = authority.issue()
    safe: dict[str, Any] = {"pair": pair, "authority": authority.certificate} if encrypted else {}
    replication = ["tls-replication yes"] if encrypted else []
    login = (f"requirepass {BROKER}", f"masterauth {BROKER}")
    first = start(*login, *replication, **safe)
    second = start(*login, f"replicaof {HOST} {first.port}", *replication, **safe)
    sentinel = start(
        f"sentinel monitor mymaster {HOST} {first.port} 1",
        f"sentinel auth-pass mymaster {BROKER}",
        "sentinel down-after-milliseconds mymaster 500",
        "sentinel failover-timeout mymaster 3000",
        *replication,
        **safe,
    )
    tls = Tls(ca=str(authority.certificate)) if encrypted else None
    watched = Valkey(sentinels=(at(sentinel),), master="mymaster", tls=tls, database=1)
    # The cache has another password, so here it is the broker alone.
    known = replace(case.IN_CLUSTER, broker=watched)
    expected = {name: VALKEY[name] for name in ("broker", "event bus")}
    wait(lambda: "sync: Finished with success" in _log(second), "the replica", second.log)
    wait(lambda: "+slave " in _log(sentinel), "the Sentinel's knowledge of the replica", sentinel.log)
    assert ask(tmp_path / "before", known, *expected) == expected
    first.stop()
    wait(lambda: f"{HOST} {second.port}" in _switch(sentinel), "the failover", sentinel.log)
    expected["event bus"] = [{"event": "enrolled"}, {"event": "enrolled"}]
    assert ask(tmp_path / "after", known, *expected) == expected


def _log(server: Redis) -> str:
    return server.log.read_text(encoding="utf-8", errors="replace")


def _switch(sentinel: Redis) -> str:
    return _log(sentinel).partition("+switch-master")[2]


def test_caches_follow_sentinels(start: Start, tmp_path: Path) -> None:
    server = start(f"requirepass {CACHE}")
    sentinel = start(f"sentinel monitor cache {HOST} {server.port} 1", f"sentinel auth-pass cache {CACHE}")
    known = replace(case.IN_CLUSTER, cache=Valkey(sentinels=(at(sentinel),), master="cache"))
    assert ask(tmp_path / "pod", known, "cache") == {"cache": "found"}


def test_files_in_buckets_are_for_whom_they_are_for(
    s3_servers: Callable[[], S3Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Browsers know the server by another name than pods do, and signatures hold for that one."""
    server = s3_servers()
    server.provision()
    for name in ("s3_access_key", "s3_secret_key"):
        monkeypatch.setitem(case.secrets(), name, server.secrets[name])
    names = {purpose: f"dev-{purpose}" for purpose in get_args(Purpose)}
    known = replace(
        case.IN_CLUSTER,
        storage=Buckets(
            names=names,
            region="us-east-1",
            endpoint=server.url,
            public_endpoint=server.url.replace("127.0.0.1", "localhost"),
        ),
    )
    found = ask(tmp_path / "pod", known, "files")["files"]
    assert found.pop("url").startswith(f"http://localhost:{server.port}/dev-grades/grades/c0ffee/grades.csv?")
    assert found == {
        "kept apart": True,
        "listed": True,
        "read": "name,grade",
        "size": 6_000_000,
        "signed": [200, "name,grade"],
        "unsigned": [403, ""],
        "public": [200, "new"],
        "submission": [200, 200, "my essay"],
        "exists": [False, True],
    }
