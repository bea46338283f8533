"""Every file is there that a page may ask for, of whatever version the page is. Real Caddy, real scripts."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from balancer import Balancer, balancing
from static_pods import StaticDeployment, StaticPod, hashed, image, static_files
from visitors import ask

pytestmark = pytest.mark.parts

SAME = {f"vendor/{number}.js": f"always {number}\n".encode() for number in range(40)}


def version(number: int) -> dict[str, bytes]:
    """Files of a version: most are as ever, some are its own, and one has one name in all."""
    own = {f"studio/js/chunk-{n}.js": f"chunk {n} of version {number}\n".encode() * 50 for n in range(20)}
    return {**SAME, **own, "css/lms-main.css": f"/* version {number} */".encode()}


def urls(number: int) -> list[str]:
    """What a page of a version asks for."""
    return [f"/static/{hashed(name, content)}" for name, content in version(number).items()]


@pytest.fixture
def service() -> Iterator[Balancer]:
    with balancing() as balancer:
        yield balancer


@pytest.fixture
def deployment(service: Balancer, tmp_path: Path) -> Iterator[StaticDeployment]:
    with static_files(tmp_path / "pods", service) as found:
        yield found


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    return [image(tmp_path / f"image-{number}", version(number)) for number in range(4)]


@contextmanager
def pages(service: Balancer, numbers: list[int]) -> Iterator[list[str]]:
    """People whose pages are of these versions ask for files all the time; what they did not get."""
    missed: list[str] = []
    stop = threading.Event()

    def browse() -> None:
        while not stop.is_set():
            url = random.choice(urls(random.choice(numbers)))
            try:
                status, _, _ = ask(service.port, "GET", url)
            except OSError as error:
                missed.append(f"{url} {error!r}")
            else:
                if status != 200:
                    missed.append(f"{url} {status}")

    people = [threading.Thread(target=browse) for _ in range(4)]
    for one in people:
        one.start()
    try:
        yield missed
    finally:
        stop.set()
        for one in people:
            one.join()


def test_pages_of_old_and_new_versions_miss_no_file_during_roll_outs(
    deployment: StaticDeployment, service: Balancer, images: list[Path]
) -> None:
    deployment.roll(images[0])
    numbers = [0]  # grows, while people browse, as the web pods of a version come after its static files
    with pages(service, numbers) as missed:
        for number in (1, 2):
            deployment.roll(images[number])
            numbers.append(number)
            time.sleep(0.3)
    assert missed == []
    for pod in deployment.pods:
        for number in (0, 1, 2):
            assert [ask(pod.port, "GET", url)[0] for url in urls(number)] == [200] * len(urls(number))
        assert ask(pod.port, "GET", "/static/css/lms-main.css")[1] == b"/* version 2 */"


def test_only_so_many_versions_are_kept_and_a_roll_back_keeps_the_newer_one(
    deployment: StaticDeployment, images: list[Path]
) -> None:
    for number in (0, 1, 2, 1):
        deployment.roll(images[number], replicas=1, versions=2)
    [pod] = deployment.pods
    own = {f"/static/{path}" for path in pod.served()}
    assert set(urls(1)) | set(urls(2)) <= own and not set(urls(0)) <= own
    assert ask(pod.port, "GET", "/static/css/lms-main.css")[1] == b"/* version 1 */"


def test_what_is_the_same_is_fetched_once_and_takes_room_once(
    deployment: StaticDeployment, images: list[Path]
) -> None:
    for number in (0, 1, 2):
        deployment.roll(images[number], replicas=1)
    [pod] = deployment.pods
    contents = {path.stat().st_ino for path in (pod.volume / "contents").iterdir()}
    assert {(pod.volume / "served/static" / path).stat().st_ino for path in pod.served()} <= contents
    assert len(contents) == len(SAME) + 3 * 21
    asked = deployment.folder / "pod-2/log"
    assert asked.read_text().count("/_peers/contents/") == 2 * 21, "its own, and what it was handed"


def test_the_first_pod_of_all_starts_at_once_and_alone(
    deployment: StaticDeployment, service: Balancer, images: list[Path]
) -> None:
    pod, began = deployment.new(images[0]), time.monotonic()
    assert pod.fill(service.port) == 0, pod.said
    assert time.monotonic() - began < 5
    assert pod.served() == {path.relative_to(images[0]).as_posix() for path in images[0].rglob("*.*")}
    assert "asking other pods" in pod.said


def test_a_pod_that_dies_while_it_hands_on_is_replaced_by_another(
    deployment: StaticDeployment, service: Balancer, tmp_path: Path, images: list[Path]
) -> None:
    large = image(tmp_path / "large", {f"{n}.bin": random.Random(n).randbytes(2**20) for n in range(200)})
    for _ in range(2):
        deployment.surge(large)
    pod = deployment.new(images[0])
    filling = threading.Thread(target=pod.fill, args=(service.port,))
    filling.start()
    while not any((pod.volume / "contents").glob("*")) or len(list((pod.volume / "contents").iterdir())) < 80:
        assert filling.is_alive(), pod.said
        time.sleep(0.002)
    dying = deployment.pods.pop()
    dying.kill()
    assert filling.is_alive(), "it died too late to prove anything"
    time.sleep(0.2)
    service.endpoints.remove(dying.port)  # the Service learns of it late
    filling.join()
    assert {path.name for path in large.iterdir()} <= pod.served(), pod.said


def test_when_all_die_what_came_whole_is_served_and_nothing_else(
    deployment: StaticDeployment, service: Balancer, tmp_path: Path, images: list[Path]
) -> None:
    files = {f"{n}.bin": random.Random(n).randbytes(2**20) for n in range(200)}
    old = deployment.surge(image(tmp_path / "large", files))
    pod = deployment.new(images[0])
    filling = threading.Thread(target=pod.fill, args=(service.port,), kwargs={"patience": 3})
    filling.start()
    while not (pod.volume / "contents").is_dir() or len(list((pod.volume / "contents").iterdir())) < 80:
        assert filling.is_alive(), pod.said
        time.sleep(0.002)
    old.kill()
    filling.join()
    inherited = {path for path in pod.served() if path.endswith(".bin")}
    assert 0 < len(inherited) < 2 * len(files), pod.said
    by_name = files | {hashed(name, content): content for name, content in files.items()}
    for path in inherited:
        assert (pod.volume / "served/static" / path).read_bytes() == by_name[path]
    assert [path.name for path in pod.volume.iterdir() if "unfinished" in path.name] == []
    assert {path.relative_to(images[0]).as_posix() for path in images[0].rglob("*.*")} <= pod.served()


def test_where_there_is_no_room_old_versions_go_first(
    deployment: StaticDeployment, service: Balancer, images: list[Path]
) -> None:
    deployment.roll(images[0], replicas=1)
    pod = deployment.new(images[1])
    own = sum(len(content) for content in version(1).values())
    assert pod.fill(service.port, limit=own + 100) == 0
    assert "no room for version" in pod.said and "openedx:sizing.static.disk" in pod.said
    assert not set(urls(0)) <= {f"/static/{path}" for path in pod.served()}


def test_an_image_larger_than_its_room_or_without_files_says_so(
    deployment: StaticDeployment, service: Balancer, images: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    large, empty = deployment.new(images[0]), deployment.new(tmp_path / "empty")
    assert large.fill(service.port, limit=1000) == 1 and "raise openedx:sizing.static.disk" in large.said
    assert empty.fill(service.port) == 1 and "there is no file in" in empty.said


def test_links_of_an_image_are_followed_unless_they_lead_nowhere(
    deployment: StaticDeployment, service: Balancer, images: list[Path]
) -> None:
    """In published images, files of the same content are symbolic links to the first."""
    (images[0] / "link.js").symlink_to(images[0] / "vendor/1.js")
    (images[0] / "nowhere.js").symlink_to(images[0] / "gone.js")
    pod: StaticPod = deployment.surge(images[0])
    assert ask(pod.port, "GET", "/static/link.js")[1] == b"always 1\n"
    assert ask(pod.port, "GET", "/static/nowhere.js")[0] == 404


def test_two_images_that_serve_side_by_side_have_all_files_from_the_first_moment(
    deployment: StaticDeployment, service: Balancer, images: list[Path]
) -> None:
    deployment.roll(images[0], replicas=1)
    pod = deployment.new(images[1])
    assert pod.fill(service.port, beside=images[2]) == 0, pod.said
    pod.start()
    deployment.pods.append(pod)
    for number in (0, 1, 2):
        assert [ask(pod.port, "GET", url)[0] for url in urls(number)] == [200] * len(urls(number))
    assert ask(pod.port, "GET", "/static/css/lms-main.css")[1] == b"/* version 1 */"
