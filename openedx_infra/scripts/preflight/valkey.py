"""Checks of a server of Redis' protocol, as broker or as cache."""

import re
import time
from importlib import import_module
from typing import Any

from . import network
from .report import Fault, Findings, is_older, secret

LEAST = (6, 2)
"""Redis 6.2 brought what Valkey has: users, and the commands that Celery's event bus uses."""


def check_broker(store: dict[str, Any], findings: Findings) -> None:
    """Look at Celery's broker: a queue that is evicted is work that is lost."""
    info = _look(store["connection"], "broker_password", findings)
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        findings.fault(
            f"its eviction policy is {policy}, by which queued tasks vanish: set maxmemory-policy to "
            "noeviction, and use another server for the cache"
        )
    if str(info.get("aof_enabled", "1")) == "0":
        findings.warn(
            "it writes no append-only file: a restart loses tasks that were queued since its last dump"
        )


def check_cache(store: dict[str, Any], findings: Findings) -> None:
    """Look at Django's cache: one that never evicts refuses to write when it is full."""
    policy = _look(store["connection"], "cache_password", findings).get("maxmemory_policy")
    if policy == "noeviction":
        findings.warn(
            "its eviction policy is noeviction, so that it refuses to write when it is full: set "
            "maxmemory-policy to allkeys-lru"
        )


def _look(config: dict[str, Any], name: str, findings: Findings) -> dict[str, Any]:
    master = _master(config, findings) if config["sentinels"] else config["endpoint"]
    network.probe(master["host"], master["port"], config["tls"], findings, "host")
    redis = import_module("redis")
    client = redis.Redis(
        **master,
        db=config["database"],
        username=config["user"],
        password=secret(name) if config["authenticated"] else None,
        **_patience(config["tls"]),
    )
    try:
        before = time.time()
        seconds, microseconds = client.time()
        findings.clock(seconds + microseconds / 1e6, before, time.time())
        info = _info(client, findings)
        judge(info, findings)
        client.llen(f"{config['prefix']}openedx-preflight")
    except redis.RedisError as error:
        raise _refusal(redis, error, config, name) from error
    finally:
        client.close()
    return info


def _info(client: Any, findings: Findings) -> dict[str, Any]:
    """What the server tells of itself; nothing where the user may not ask."""
    redis = import_module("redis")
    try:
        info: dict[str, Any] = client.info()
    except redis.exceptions.NoPermissionError:
        findings.warn("its user may not use INFO: version and eviction policy were not looked at", "username")
        return {}
    return info


def judge(info: dict[str, Any], findings: Findings) -> None:
    """Say what neither broker nor cache can use."""
    version = str(info.get("valkey_version") or info.get("redis_version") or "")
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    if is_older(numbers, LEAST):
        findings.fault(f"version {version} is too old: Redis 6.2, or Valkey, is the least")
    if info.get("role") == "slave":
        findings.fault("it is a replica, which only reads: name the master, or set `sentinels`", "host")
    if str(info.get("cluster_enabled", "0")) == "1":
        findings.fault("it runs in cluster mode, which Celery can't use: switch that off")


def _refusal(redis: Any, error: Exception, config: dict[str, Any], name: str) -> Fault:
    who = config["user"] or "the default user"
    text = str(error)
    if isinstance(error, redis.exceptions.NoPermissionError):
        return Fault(
            f"{who} may not do what is needed ({text}): grant it all commands on all keys", "username"
        )
    if isinstance(error, redis.AuthenticationError) or "NOAUTH" in text or "WRONGPASS" in text:
        rule = (
            f"put the right one into openedx:secrets.{name}, and the right `username`"
            if config["authenticated"]
            else "set `authenticated: true`"
        )
        return Fault(f"it refuses {who}'s password ({text}): {rule}", "username")
    if "DB index" in text:
        return Fault(f"it has no database {config['database']}: choose a lower number", "database")
    return Fault(f"it does not answer as it should ({text})", "host")


def _master(config: dict[str, Any], findings: Findings) -> dict[str, Any]:
    """Where the master is, as the Sentinels know it; each of them must answer, and the same."""
    redis = import_module("redis")
    masters: dict[str, tuple[str, int]] = {}
    for sentinel in config["sentinels"]:
        host, port = sentinel["host"], sentinel["port"]
        network.probe(host, port, config["tls"], findings, "sentinels")
        client = redis.Redis(host=host, port=port, **_patience(config["tls"]))
        try:
            answer = client.execute_command("SENTINEL GET-MASTER-ADDR-BY-NAME", config["master"])
        except redis.RedisError as error:
            raise Fault(
                f"the Sentinel {host}:{port} does not tell the master ({error})", "sentinels"
            ) from error
        finally:
            client.close()
        if not answer:
            raise Fault(
                f"the Sentinel {host}:{port} knows no master {config['master']}: correct its name", "master"
            )
        masters[f"{host}:{port}"] = (_text(answer[0]), int(answer[1]))
    if len(set(masters.values())) > 1:
        findings.fault(f"the Sentinels name several masters ({masters}): mend them first", "sentinels")
    host, port = next(iter(masters.values()))
    return {"host": host, "port": port}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _patience(tls: dict[str, Any] | None) -> dict[str, Any]:
    """How long to wait, and how the connection is encrypted."""
    options: dict[str, Any] = {"socket_timeout": network.TIMEOUT, "socket_connect_timeout": network.TIMEOUT}
    if tls:
        options |= {
            "ssl": True,
            "ssl_cert_reqs": "none" if tls["verify"] == "none" else "required",
            "ssl_check_hostname": tls["verify"] == "full",
            "ssl_ca_certs": tls["ca"],
            "ssl_certfile": tls["certificate"],
            "ssl_keyfile": tls["key"],
        }
    return options
