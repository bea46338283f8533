"""Packages of files in a bucket, such as H5P's, at addresses of the site itself.

Runs in the platform. A player asks for many files beside each other, by script: an address of the bucket
would be another origin's, and its signature is good for one file. Whoever knows an address may read it, as
with packages on volumes. A file that is opened by itself runs no script in the site's name.
"""

import mimetypes
import re

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed, SuspiciousOperation
from django.core.files.storage import storages
from django.http import FileResponse, HttpResponse, HttpResponseNotAllowed

PATH = "/packages/"
STORAGE = "h5pxblock_storage"
FOLDER = "h5pxblockmedia/"


def serve(get_response):
    """Answer requests for files of packages, and pass on all others."""
    if STORAGE not in settings.STORAGES:
        raise MiddlewareNotUsed

    def middleware(request):
        name = request.path.removeprefix(PATH)
        if name != request.path and name.startswith(FOLDER):
            return packaged(request, name)
        return get_response(request)

    return middleware


def packaged(request, name):
    """A file of a package, or a part of it."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    try:
        if ".." in name.split("/"):
            raise FileNotFoundError
        file = storages[STORAGE].open(name)
    except (FileNotFoundError, IsADirectoryError, SuspiciousOperation):
        return HttpResponse("There is no such file.", status=404, content_type="text/plain")
    size, part = file.size, re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if part and int(part[1]) < size:
        first, last = int(part[1]), min(int(part[2] or size), size - 1)
        file.seek(first)
        response = HttpResponse(file.read(max(0, last - first + 1)), status=206, content_type=kind)
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    else:
        response = FileResponse(file, content_type=kind)
        response["Content-Length"] = size
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=300"
    response["Content-Security-Policy"] = "sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response
