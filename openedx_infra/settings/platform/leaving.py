"""A pod that is about to stop fails /heartbeat, and serves everything else.

Runs in the platform. Who comes back to the same pod by a cookie is sent to one that ends for as long as it
is ready: Traefik does so on purpose. The file is made when the pod is told to leave, and is gone when uWSGI
starts.
"""

from pathlib import Path

from django.http import HttpResponse

FILE = "/tmp/leaving"
PATH = "/heartbeat"


def refuse(get_response):
    """Answer 503 to those who ask whether the pod is ready, once it leaves; pass on all others."""

    def middleware(request):
        if request.path == PATH and Path(FILE).exists():
            return HttpResponse("leaving", status=503, content_type="text/plain")
        return get_response(request)

    return middleware
