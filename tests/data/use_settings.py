"""Runs in a pod of tests: hands the settings of an instance to the platform's libraries, which are real.

Prints as JSON what they would do. Nothing is sent: clients connect late, and only Redis' PING, which Celery's
transport sends at once, is left out.
"""

import json
import os
from importlib import import_module
from urllib.parse import parse_qs, urlsplit

import boto3
import botocore
import django.conf
import pymongo
import redis
from botocore.config import Config
from celery import Celery
from django.utils.module_loading import import_string

site = os.environ["SITE"]
module = import_module(os.environ["DJANGO_SETTINGS_MODULE"])
said = {name: value for name, value in vars(module).items() if name.isupper()}
said = {name: value for name, value in said.items() if name not in ("LOGGING", "FEATURES", "INSTALLED_APPS")}
django.conf.settings.configure(**{**said, "INSTALLED_APPS": []})
redis.Redis.ping = lambda self: True


def options(pool):
    """How a pool of connections connects: to a server, or to the master that Sentinels tell."""
    names = ("host", "port", "db", "username", "password")
    known = {name: value for name, value in pool.connection_kwargs.items() if name in names}
    given = {name: value for name, value in pool.connection_kwargs.items() if name.startswith("ssl_")}
    encrypts = issubclass(pool.connection_class, redis.SSLConnection)
    given = {name: value for name, value in given.items() if value is not None and "ocsp" not in name}
    found = {**known, "tls": given if encrypts else None}
    if hasattr(pool, "sentinel_manager"):
        asked = [options(each.connection_pool) for each in pool.sentinel_manager.sentinels]
        found |= {"master": pool.service_name, "sentinels": asked, "is_master": pool.is_master}
    return found


def cache():
    from django.core.cache import caches

    client = caches["default"].client
    return {**options(client.get_client(write=True).connection_pool), "key": str(client.make_key("x"))}


def broker():
    app = Celery()
    app.config_from_object(django.conf.settings)
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        return {
            **options(channel.client.connection_pool),
            "prefix": channel.global_keyprefix,
            "visibility_timeout": channel.visibility_timeout,
        }


def event_bus():
    """What edx-event-bus-redis makes of the settings: a client by the address, or by our module."""
    if "EVENT_BUS_REDIS_CONNECTION_URL" in said:
        from walrus import Database

        return options(Database.from_url(said["EVENT_BUS_REDIS_CONNECTION_URL"]).connection_pool)
    producer = import_string(said["EVENT_BUS_PRODUCER"])()
    consumer = import_string(said["EVENT_BUS_CONSUMER"])("topic")
    assert options(consumer.db.connection_pool) == options(producer.client.connection_pool)
    return options(producer.client.connection_pool)


def mongodb():
    """xmodule hands pymongo all that it doesn't take for itself, and `port` always."""
    from pymongo import srv_resolver

    srv_resolver._SrvResolver.get_hosts = lambda self: [("shard-0.example.mongodb.net", 27017)]
    srv_resolver._SrvResolver.get_options = lambda self: None
    config = dict(said["DOC_STORE_CONFIG"])
    database, user = config.pop("db"), config.pop("user")
    config.pop("collection")
    config.pop("read_preference")
    source = config.pop("authsource")
    password = config.pop("password")
    client = pymongo.MongoClient(
        **{"port": 27017, **config}, username=user, password=password, authSource=source
    )
    known = client.options
    tls = known.pool_options._ssl_context
    return {
        "seeds": sorted(f"{host}:{port}" for host, port in client._topology_settings.seeds),
        "replica_set": known.replica_set_name,
        "retry_writes": client.options.retry_writes,
        "source": known.pool_options._credentials.source,
        "database": database,
        "tls": tls and [int(tls.verify_mode), known.pool_options.tls_allow_invalid_hostnames],
        "certificate": config.get("tlsCertificateKeyFile"),
    }


def address(storage, name, **more):
    return storage.url(name, **more).split("&X-Amz-Signature")[0]


def files():
    from django.core.files.storage import storages

    grades = import_string(said["GRADES_DOWNLOAD"]["STORAGE_CLASS"])(
        **said["GRADES_DOWNLOAD"]["STORAGE_KWARGS"]
    )
    image = said["PROFILE_IMAGE_BACKEND"]
    profile = import_string(image["class"])(**image["options"])
    videos = import_string(said["VIDEO_IMAGE_SETTINGS"]["STORAGE_CLASS"])
    videos = videos(**said["VIDEO_IMAGE_SETTINGS"]["STORAGE_KWARGS"])
    exports = import_string(said["USER_TASKS_ARTIFACT_STORAGE"])()
    bare = import_string(said["STORAGES"]["default"]["BACKEND"])()
    client = profile.connection.meta.client
    disposition = {"ResponseContentDisposition": "attachment"}
    return {
        "grades": address(grades, "c0ffee/grades.csv"),
        "profile": address(profile, "x_50.jpg"),
        "video": address(videos, "video-images/x.png"),
        "sga": address(storages["sga_storage"], "a b.pdf"),
        "export": address(exports, "course.tar.gz", parameters=disposition),
        "same": address(storages["course_import_export"], "course.tar.gz", parameters=disposition),
        "bare": address(bare, "x"),
        "requests": client.meta.endpoint_url,
        "checksums": client.meta.config.request_checksum_calculation,
        "overwrites": [profile.file_overwrite, grades.file_overwrite],
        "acl": grades.default_acl,
        **by_boto3(),
    }


def by_boto3():
    """As openassessment and django-pyfs sign addresses: with boto3 alone."""
    keys = {
        "aws_access_key_id": said.get("AWS_ACCESS_KEY_ID"),
        "aws_secret_access_key": said.get("AWS_SECRET_ACCESS_KEY"),
    }
    config = Config(
        signature_version=said["AWS_S3_SIGNATURE_VERSION"], region_name=said["AWS_S3_REGION_NAME"]
    )
    ora = boto3.client("s3", endpoint_url=said["AWS_S3_ENDPOINT_URL"], config=config, **keys)
    key = {"Bucket": said["FILE_UPLOAD_STORAGE_BUCKET_NAME"], "Key": "submission"}
    djfs = said["DJFS"]
    known = {name: djfs.get(name) for name in ("aws_access_key_id", "aws_secret_access_key")}
    fs = boto3.client("s3", region_name=djfs["region"], **known)
    own = boto3.Session(**known).client("s3", region_name=djfs["region"])
    asset = {"Bucket": djfs["bucket"], "Key": f"{djfs['prefix']}/x"}
    unsigned = boto3.client("s3", config=Config(signature_version=botocore.UNSIGNED))
    return {
        "ora": ora.generate_presigned_url("put_object", Params=key, ExpiresIn=60).split("?")[0],
        "ora requests": ora.meta.endpoint_url,
        "djfs": fs.generate_presigned_url("get_object", Params=asset, ExpiresIn=60).split("?")[0],
        "djfs signs by": sorted(
            parse_qs(urlsplit(fs.generate_presigned_url("get_object", Params=asset)).query)
        ),
        "unsigned": unsigned.generate_presigned_url("get_object", Params=asset),
        "djfs requests": own.meta.endpoint_url,
    }


def mail_name():
    """How Django calls itself: before a mail server, and in Message-ID."""
    from django.core.mail import EmailMessage, get_connection
    from django.core.mail.utils import DNS_NAME

    message = EmailMessage(connection=get_connection("django.core.mail.backends.dummy.EmailBackend"))
    return [DNS_NAME.get_fqdn(), message.message()["Message-ID"].rpartition("@")[2].strip(">")]


shown = {
    "cache": cache(),
    "broker": broker(),
    "event bus": event_bus(),
    "mongodb": mongodb(),
    "files": files() if "AWS_S3_REGION_NAME" in said else None,
    "trusted": {name: os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")},
    "mail name": mail_name(),
    "databases": said["DATABASES"],
    "apps": module.INSTALLED_APPS,
    "routers": module.DATABASE_ROUTERS,
}
print(json.dumps(shown, default=str))
