"""Addresses of the site: one that answers at once, and one that takes its time."""

import time

from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.utils.translation import gettext


def slow(request):
    """Answer after some seconds, whole."""
    time.sleep(float(request.GET["seconds"]))
    return HttpResponse("whole " * 1000)


urlpatterns = [
    path("heartbeat", lambda request: JsonResponse({"site": "cms", "course": gettext("Course")})),
    path("slow", slow),
]
