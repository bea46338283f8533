"""Runs in a pod of tests: the platform's libraries ask real servers, by the settings of an instance.

Prints as JSON what came of it. What is asked is named by the environment variable ASKED.
"""

import json
import os
import urllib.error
import urllib.request
from importlib import import_module

import boto3
import django.conf
from botocore.config import Config
from celery import Celery
from django.core.files.base import ContentFile
from django.utils.module_loading import import_string

module = import_module(os.environ["DJANGO_SETTINGS_MODULE"])
said = {name: value for name, value in vars(module).items() if name.isupper()}
said = {name: value for name, value in said.items() if name not in ("LOGGING", "FEATURES", "INSTALLED_APPS")}
django.conf.settings.configure(**{**said, "INSTALLED_APPS": [], "DJANGO_REDIS_IGNORE_EXCEPTIONS": False})


def cache():
    from django.core.cache import caches

    caches["default"].set("course", "found")
    return caches["default"].get("course")


def broker():
    """A task's way: into a queue, and out of it at a worker."""
    app = Celery()
    app.config_from_object(django.conf.settings)
    with app.connection_for_write() as connection, connection.SimpleQueue("edx.lms.core.default") as queue:
        queue.put({"task": "regrade"})
        message = queue.get(timeout=10)
        message.ack()
        return message.payload


def event_bus():
    if "EVENT_BUS_REDIS_CONNECTION_URL" in said:
        from walrus import Database

        client = Database.from_url(said["EVENT_BUS_REDIS_CONNECTION_URL"])
    else:
        client = import_string(said["EVENT_BUS_PRODUCER"])().client
    stream = client.Stream(f"{said['EVENT_BUS_TOPIC_PREFIX']}-enrolment")
    stream.add({"event": "enrolled"})
    return [{key.decode(): value.decode() for key, value in data.items()} for _, data in stream.read()]


def fetched(url, method="GET", body=None, **headers):
    """Status, type and body of what a browser gets."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return [answer.status, answer.read().decode()]
    except urllib.error.HTTPError as error:
        return [error.code, ""]


def files():
    grades = import_string(said["GRADES_DOWNLOAD"]["STORAGE_CLASS"])(
        **said["GRADES_DOWNLOAD"]["STORAGE_KWARGS"]
    )
    first = grades.save("c0ffee/grades.csv", ContentFile(b"name,grade"))
    second = grades.save("c0ffee/grades.csv", ContentFile(b"name,grade 2"))
    url = grades.url(first)
    image = said["PROFILE_IMAGE_BACKEND"]
    profile = import_string(image["class"])(**image["options"])
    for size in (b"old", b"new"):
        assert profile.save("x_50.jpg", ContentFile(size)) == "x_50.jpg"
    exports = import_string(said["USER_TASKS_ARTIFACT_STORAGE"])()
    course = exports.save("course.tar.gz", ContentFile(b"course" * 1_000_000))
    found = {
        "url": url,
        "kept apart": first != second,
        "listed": sorted(grades.listdir("c0ffee")[1])
        == sorted(name.rpartition("/")[2] for name in (first, second)),
        "read": grades.open(first).read().decode(),
        "size": exports.size(course),
        "signed": fetched(url),
        "unsigned": fetched(url.split("?")[0]),
        "public": fetched(profile.url("x_50.jpg")),
        "submission": submission(),
    }
    grades.delete(first)
    return {**found, "exists": [grades.exists(first), grades.exists(second)]}


def submission():
    """A learner's file: sent by the browser, asked for by the pod, fetched by the browser."""
    keys = (said["AWS_ACCESS_KEY_ID"], said["AWS_SECRET_ACCESS_KEY"])
    config = Config(
        signature_version=said["AWS_S3_SIGNATURE_VERSION"], region_name=said["AWS_S3_REGION_NAME"]
    )
    names = dict(zip(("aws_access_key_id", "aws_secret_access_key"), keys, strict=True))
    client = boto3.client("s3", endpoint_url=said["AWS_S3_ENDPOINT_URL"], config=config, **names)
    key = {"Bucket": said["FILE_UPLOAD_STORAGE_BUCKET_NAME"], "Key": "submissions_attachments/1"}
    put = client.generate_presigned_url("put_object", Params={**key, "ContentType": "text/plain"})
    sent = fetched(put, "PUT", b"my essay", **{"Content-Type": "text/plain"})
    client.head_object(**key)
    return [sent[0], *fetched(client.generate_presigned_url("get_object", Params=key))]


ASK = {"cache": cache, "broker": broker, "event bus": event_bus, "files": files}
print(json.dumps({name: ASK[name]() for name in os.environ["ASKED"].split(",")}))
