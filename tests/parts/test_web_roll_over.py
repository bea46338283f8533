"""Visitors don't notice that web pods are renewed. The real web server with the program's configuration."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from balancer import Balancer, balancing
from load import constant_load
from web_pods import LATE, Deployment, deployed

from openedx_infra.config import load
from openedx_infra.operations.offline.recording import Graph

pytestmark = pytest.mark.parts

SAID = {"site": {"lms_host": "learn.example.org"}}
VISITORS = 16
ROLL_OUTS = 3


@pytest.fixture
def service() -> Iterator[Balancer]:
    with balancing() as balancer:
        yield balancer


@pytest.fixture
def web(service: Balancer, tmp_path: Path) -> Iterator[Deployment]:
    with deployed(tmp_path, load("dev", SAID), service, replicas=2) as found:
        yield found


def test_repeated_roll_outs_under_load_fail_no_request(
    web: Deployment, service: Balancer, capsys: pytest.CaptureFixture[str]
) -> None:
    with constant_load(f"http://127.0.0.1:{service.port}/heartbeat", VISITORS) as visitors:
        time.sleep(1)
        began = time.monotonic()
        for _ in range(ROLL_OUTS):
            web.roll()
        rate = visitors.whole / (time.monotonic() - began + 1)
    assert (visitors.failed[:3], service.refused) == ([], 0)
    assert len(visitors.answered_by) >= 2 * (ROLL_OUTS + 1), "every pod had a part of the load"
    with capsys.disabled():
        print(f"\n{visitors.whole} requests, {rate:.0f}/s, {2 * ROLL_OUTS} pods renewed: 0 failed")


def test_without_a_drain_requests_do_fail(web: Deployment, service: Balancer) -> None:
    """The test before proves something only if this one sees what it looks for."""
    with constant_load(f"http://127.0.0.1:{service.port}/heartbeat", VISITORS) as visitors:
        time.sleep(0.5)
        web.roll(drain=0)
    assert visitors.failed


def test_slow_requests_and_uploads_under_way_end_as_they_would(web: Deployment, service: Balancer) -> None:
    """They outlive the drain: the server is told to stop while it still works on them."""
    url, slow = f"http://127.0.0.1:{service.port}", LATE + 4

    def ask(_: int) -> int:
        answer = httpx2.get(f"{url}/slow", params={"seconds": slow}, timeout=30, trust_env=False)
        return len(answer.raise_for_status().content)

    def upload() -> str:
        def body() -> Iterator[bytes]:
            for _ in range(20):
                time.sleep(slow / 20)
                yield b"x" * 50_000

        size = {"Content-Length": "1000000"}
        answer = httpx2.post(f"{url}/upload", content=body(), headers=size, timeout=30, trust_env=False)
        return answer.raise_for_status().text

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(ask, 0) for _ in range(3)]
        uploaded = pool.submit(upload)
        time.sleep(0.5)
        seconds = web.roll(drain=LATE + 0.5)
        assert [answer.result() for answer in answers] == [120_000] * 3
        assert uploaded.result() == "1000000"
    assert max(seconds) > 2, "somebody was still at work when it was told to stop"


def test_a_pod_has_time_for_all_of_that(recorded: Callable[..., Graph]) -> None:
    """What the server gives its requests, and the drain before it, fit into what Kubernetes gives the pod."""
    graph = recorded(SAID)
    [deployment] = [r for r in graph.resources if (r.kind, r.name) == ("Deployment", "lms")]
    pod = graph.object(deployment)["spec"]["template"]["spec"]
    drain = int(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][2].split()[-1])
    [config] = [r for r in graph.resources if r.name == "lms-uwsgi"]
    ini = graph.object(config)["data"]["uwsgi.ini"]
    mercy = int(ini.partition("worker-reload-mercy = ")[2].split()[0])
    assert drain + mercy < pod["terminationGracePeriodSeconds"]
