"""Configuration of uWSGI, the web server of LMS and Studio."""

from __future__ import annotations

from typing import Literal

from openedx_infra.config import Stack
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.settings.paths import LEAVING, MEDIA_DIR, PLATFORM_DIR, STATIC_DIR

Site = Literal["lms", "cms"]
"""A site of edx-platform, by the platform's own name; `cms` is Studio."""

PORT = 8000
"""Port of LMS and of Studio."""


def upload_limit(stack: Stack, site: Site) -> int:
    """Largest body of a request, in bytes; for the web server and for the ingress alike."""
    bodies = stack.ingress.bodies
    return memory_bytes(bodies.lms if site == "lms" else bodies.studio)


def uwsgi_ini(stack: Stack, site: Site) -> str:
    """Configuration of uWSGI for a site, with the stack's processes and threads."""
    web = stack.sizing.lms if site == "lms" else stack.sizing.studio
    return _INI.format(
        site=site,
        address=stack.cluster.any_address,
        port=PORT,
        processes=web.processes,
        threads=web.threads,
        limit=upload_limit(stack, site),
        platform=PLATFORM_DIR,
        static=STATIC_DIR,
        media=MEDIA_DIR,
        leaving=LEAVING,
    )


_INI = """\
[uwsgi]
chdir = {platform}
module = {site}.wsgi:application
; Processes speak HTTP themselves: uWSGI's router would be killed at once when the pod stops, and with it the
; answers that are still under way.
http-socket = {address}:{port}
master = true
processes = {processes}
threads = {threads}
enable-threads = true
thunder-lock = true
single-interpreter = true
need-app = true
; Each process loads the platform itself: connections to datastores don't survive a fork.
lazy-apps = true

; What was left by a process before this one in the same pod.
exec-asap = rm -f {leaving}

; SIGTERM lets requests finish (at most {grace} s), rather than reloading or dropping them.
die-on-term = true
hook-master-start = unix_signal:15 gracefully_kill_them_all
worker-reload-mercy = {grace}
vacuum = true
; Seconds that a pause in an upload may last. No harakiri: reports and imports take as long as they take.
socket-timeout = {timeout}

; One request for each connection, and the ingress is told so: else it might send a request into a closed one.
add-header = Connection: close
; Cookies with JSON web tokens exceed the default of 4 KiB.
buffer-size = 32768
limit-post = {limit}

static-map = /static={static}
static-map = /media={media}
; Lists of learners that staff upload (cohorts, enrolments) go to the default storage, beside public images.
static-skip-ext = .csv
add-header = X-Content-Type-Options: nosniff
log-x-forwarded-for = true
""".replace("{grace}", "60").replace("{timeout}", "60")
