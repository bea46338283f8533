"""A consumer of the event bus goes on where the last one of its name stopped: on a real Redis, with the
library's own client and a stand-in for its loop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import settings_case as case
from servers import HOST, Redis
from settings_pod import Pod

from openedx_infra.settings.connections import Endpoint, Valkey

pytestmark = pytest.mark.parts

CODE = """
import json, os
from lms.envs.openedx_infra.events import Consumer
consumer = Consumer("catalog")
consumer.group_id, consumer.consumer_name = "campus", "campus.1"
stream = consumer._create_consumer(consumer.db, "dev-catalog")
said = json.loads(os.environ["DO"])
found = {"pending": [each["message_id"].decode() for each in stream.pending()], "read": []}
for _ in range(said["read"]):
    for number, fields in stream.read(count=1) or []:
        found["read"].append(fields[b"n"].decode())
        if said["ack"]:
            stream.ack(number)
for n in said["send"]:
    consumer.db.xadd("dev-catalog", {"n": n})
print(json.dumps(found))
"""


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Pod]:
    (tmp_path / "broker").mkdir()
    broker = Redis(tmp_path / "broker")
    broker.start()
    (tmp_path / "pod").mkdir()
    at = Valkey(endpoint=Endpoint(host=HOST, port=broker.port), authenticated=False)
    yield Pod(tmp_path / "pod", "lms", replace(case.connections(case.stack()), broker=at))
    broker.stop()


def run(pod: Pod, *, read: int = 0, ack: bool = True, send: tuple[str, ...] = ()) -> dict[str, Any]:
    """One life of a consumer: it starts, reads, sends (as somebody else would), and is gone."""
    done = pod.run(CODE, DO=json.dumps({"read": read, "ack": ack, "send": send}))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_what_was_sent_while_none_ran_is_read_later(pod: Pod) -> None:
    run(pod, send=("1", "2"))
    assert run(pod, read=1)["read"] == ["1"]
    assert run(pod, read=2, send=("3",))["read"] == ["2"]
    assert run(pod, read=2)["read"] == ["3"]


def test_what_was_taken_and_not_ended_is_there_for_the_next(pod: Pod) -> None:
    run(pod, send=("1", "2"))
    assert run(pod, read=1, ack=False) == {"pending": [], "read": ["1"]}
    assert len(run(pod)["pending"]) == 1
