"""What the site answers."""

import functools
import time

import pymongo
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache
from django.db import connection
from django.db.models import Count
from django.http import HttpResponse, JsonResponse
from django.urls import path

from .models import Execution
from .tasks import record
from .version import VERSION


@functools.cache
def mongodb():
    """The modulestore's database; a process keeps one client, as the platform does."""
    said = settings.DOC_STORE_CONFIG
    client = pymongo.MongoClient(
        said["host"],
        said["port"],
        username=said["user"],
        password=said["password"],
        authSource=said["authsource"],
        connect=False,
        connectTimeoutMS=said["connectTimeoutMS"],
        socketTimeoutMS=said["socketTimeoutMS"],
        serverSelectionTimeoutMS=3000,
        retryWrites=False,
    )
    return client[said["db"]]


def heartbeat(request):
    """Whether MySQL and MongoDB answer: 200, or 503 with the reason."""
    checks = {"sql": sql, "modulestore": lambda: mongodb()["modulestore"].find_one({})}
    said = {}
    for name, check in checks.items():
        try:
            check()
            said[name] = {"status": True, "message": "OK"}
        except Exception as error:
            said[name] = {"status": False, "message": repr(error)}
    good = all(each["status"] for each in said.values())
    return JsonResponse(said, status=200 if good else 503)


def sql():
    """Ask the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def home(request):
    """A page: a row of the database, a document, the cache, and the name of a static file."""
    visits = cache.get_or_set("visits", 0, 60)
    document = mongodb()["modulestore"].find_one({})
    return JsonResponse(
        {
            "version": VERSION,
            "site": settings.SERVICE_VARIANT,
            "name": settings.PLATFORM_NAME,
            "rows": Execution.objects.count(),
            "document": str(document),
            "visits": visits,
            "static": staticfiles_storage.url("images/logo.svg"),
        }
    )


def slow(request):
    """Answer after some seconds, whole."""
    time.sleep(float(request.GET["seconds"]))
    return HttpResponse("whole " * 1000)


def enqueue(request):
    """Take on a task; answered when the broker has it."""
    queue = request.GET.get("queue", "default")
    name = f"edx.{settings.SERVICE_VARIANT}.core.{queue}"
    arguments = [request.GET["number"], float(request.GET.get("seconds", 0))]
    record.apply_async(arguments, queue=name)
    return HttpResponse(status=202)


def executed(request):
    """Which tasks ended, and how often each."""
    found = Execution.objects.values("number").annotate(times=Count("pk"))
    return JsonResponse({row["number"]: row["times"] for row in found})


addresses = [
    path("heartbeat", heartbeat),
    path("", home),
    path("slow", slow),
    path("enqueue", enqueue),
    path("executed", executed),
]
