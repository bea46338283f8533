"""Where the target keeps each uploaded file: folders of a volume, or buckets, by the settings of its LMS."""

import hashlib
import mimetypes
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from .target import Refused

Place = tuple[str, str]
"""A store, and a path in it: `("/openedx/media", "a/b")`, or `("s3:campus-private", "media/a/b")`."""
BUCKET = "s3:"
OF_ASSIGNMENTS = re.compile(r"[^/]+/[^/]+/edx_sga/")
"""Files of staff-graded assignments among those of the default storage (named by course and block)."""


class _Forward:
    """A stream that can't go back, and does not claim to: boto3 would try."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        return self._source.read(size)


class Storages:
    """The target's storages."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings`: those of its LMS."""
        self._settings = settings
        self._in_buckets = "AWS_STORAGE_BUCKET_NAME" in settings
        self._listed: dict[str, dict[str, tuple[int, float]]] = {}
        self._client: Any = None

    def place(self, kind: str, path: str) -> Place | None:
        """Where a file of the old site goes; None for one that nothing here reads."""
        if path.startswith("/") or ".." in path.split("/"):
            raise Refused(f"The old site has a file {path!r}, which would leave its folder.")
        if kind == "ora2":
            return self._submission(path)
        if kind == "private":
            return self._private(path)
        return self._media(path)

    def _media(self, path: str) -> Place:
        first, _, rest = path.partition("/")
        settings = self._settings
        if rest and first == "profile-images":
            return self._of(settings["PROFILE_IMAGE_BACKEND"]["options"], rest)
        if rest and first == "video-images":
            return self._of(settings["VIDEO_IMAGE_SETTINGS"]["STORAGE_KWARGS"], path)
        if rest and first == "video-transcripts":
            return self._of(settings["VIDEO_TRANSCRIPTS_SETTINGS"]["STORAGE_KWARGS"], path)
        if rest and first == "grades":
            return self._of(settings["GRADES_DOWNLOAD"]["STORAGE_KWARGS"], rest)
        if rest and first == "django-pyfs":
            djfs = settings["DJFS"]
            if djfs["type"] == "osfs":
                return str(djfs["directory_root"]), rest
            return BUCKET + djfs["bucket"], f"{djfs['prefix']}/{rest}"
        if OF_ASSIGNMENTS.match(path):
            return self._of(settings["STORAGES"]["sga_storage"]["OPTIONS"], path)
        options = settings["STORAGES"]["default"].get("OPTIONS") or {"location": settings["MEDIA_ROOT"]}
        return self._of(options, path)

    def _private(self, path: str) -> Place | None:
        first, _, rest = path.partition("/")
        if first != "openedx-learning" or not rest:
            return None
        return self._of(self._settings["OPENEDX_LEARNING"]["MEDIA"]["OPTIONS"], rest)

    def _submission(self, path: str) -> Place | None:
        """Of open assessments: a folder for each bucket, in it one for each key, in it `content`."""
        _, _, key = path.partition("/")
        bucket = str(self._settings["FILE_UPLOAD_STORAGE_BUCKET_NAME"])
        if not self._in_buckets:
            return f"{self._settings['ORA2_FILEUPLOAD_ROOT']}/{bucket}", key
        return (BUCKET + bucket, key.removesuffix("/content")) if key.endswith("/content") else None

    def _of(self, options: Mapping[str, Any], path: str) -> Place:
        if "bucket_name" in options:
            return BUCKET + options["bucket_name"], f"{options['location']}/{path}".lstrip("/")
        return str(options["location"]).rstrip("/"), path

    def about(self, place: Place) -> tuple[int, float] | None:
        """Size and time of change of a file; None where there is none."""
        store, path = place
        if store.startswith(BUCKET):
            return self._objects(store).get(path)
        try:
            found = Path(store, path).stat()
        except FileNotFoundError:
            return None
        return found.st_size, found.st_mtime

    def put(self, place: Place, source: IO[bytes], changed: float) -> None:
        """Write a file whole, or not at all."""
        store, path = place
        if store.startswith(BUCKET):
            kind, _ = mimetypes.guess_type(path)
            extra = {"ContentType": kind} if kind else {}
            self._s3().upload_fileobj(_Forward(source), store.removeprefix(BUCKET), path, ExtraArgs=extra)
            return
        final = Path(store, path)
        final.parent.mkdir(parents=True, exist_ok=True)
        part = final.with_name(f".{final.name[:200]}.part")
        with part.open("wb") as out:
            shutil.copyfileobj(source, out, 2**20)
        os.utime(part, (changed, changed))
        part.rename(final)

    def checksum(self, place: Place) -> str | None:
        """SHA-256 of a file; None where there is none."""
        digest = hashlib.sha256()
        try:
            for piece in self._pieces(place):
                digest.update(piece)
        except (FileNotFoundError, import_module("botocore.exceptions").ClientError):
            return None
        return digest.hexdigest()

    def _pieces(self, place: Place) -> Iterator[bytes]:
        store, path = place
        if store.startswith(BUCKET):
            body = self._s3().get_object(Bucket=store.removeprefix(BUCKET), Key=path)["Body"]
            yield from body.iter_chunks(2**20)
            return
        with Path(store, path).open("rb") as source:
            while piece := source.read(2**20):
                yield piece

    def _objects(self, store: str) -> Mapping[str, tuple[int, float]]:
        """Objects of a bucket, listed once: to ask for each would be a request each."""
        if store not in self._listed:
            pages = self._s3().get_paginator("list_objects_v2").paginate(Bucket=store.removeprefix(BUCKET))
            self._listed[store] = {
                each["Key"]: (int(each["Size"]), each["LastModified"].timestamp())
                for page in pages
                for each in page.get("Contents", ())
            }
        return self._listed[store]

    def _s3(self) -> Any:
        if self._client is None:
            settings = self._settings
            keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
            login = {name.lower(): settings[name] for name in keys if settings.get(name)}
            style = {"addressing_style": settings.get("AWS_S3_ADDRESSING_STYLE") or "auto"}
            config = import_module("botocore.config").Config(signature_version="s3v4", s3=style)
            self._client = import_module("boto3").client(
                "s3",
                endpoint_url=settings.get("AWS_S3_ENDPOINT_URL"),
                region_name=settings.get("AWS_S3_REGION_NAME"),
                config=config,
                **login,
            )
        return self._client
