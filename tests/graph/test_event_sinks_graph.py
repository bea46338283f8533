"""Sinks of events: pods reach them on their ports, and only set-up has the passwords of an LRS."""

from __future__ import annotations

import json
from typing import Any

from flows import reaches
from samples import LEAST
from shape import Record, find, label, of_kind

ON: dict[str, Any] = {
    **LEAST,
    "images": {"openedx": "registry.example.org/openedx:1"},
    "event_sinks": {
        "xapi": {"url": "https://lrs.example.org:8443/xapi", "username": "campus"},
        "clickhouse": {"url": "http://192.0.2.9:8123"},
    },
}


def test_sinks_are_reached_by_who_makes_events_and_by_nobody_else(recorded: Record) -> None:
    graph, without = recorded(ON), recorded(LEAST)
    for port, address in ((8443, "192.0.2.1"), (8123, "192.0.2.9")):
        for client in ("lms", "studio", "lms-worker-default"):
            assert reaches(graph, client, address, port) and not reaches(without, client, address, port)
        assert not reaches(graph, "lms-setup", address, port) and not reaches(graph, "mfe", address, port)
    assert not reaches(graph, "lms", "192.0.2.8", 8123)


def test_only_set_up_reads_the_password_of_an_lrs(recorded: Record) -> None:
    # All secrets of an operator's have one value here: this is the only one.
    graph = recorded({**ON, "event_sinks": {"xapi": ON["event_sinks"]["xapi"]}})
    found = graph.object(find(graph, "Secret", "lms-setup-secrets"), reveal_secrets=True)["stringData"]
    password = found["event_sink_xapi_password"]
    holders = {label(each) for each in of_kind(graph, "Secret", "ConfigMap")
               if password in json.dumps(graph.object(each, reveal_secrets=True))}  # fmt: skip
    assert holders == {"Secret lms-setup-secrets"}
