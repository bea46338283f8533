"""Which addresses has the LMS? The platform's own, and the one by which private reports are downloaded.

Runs in the platform.
"""

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import FileResponse, Http404
from django.urls import path
from lms import urls

from .storages import LIFETIME, SALT, ReportStorage


@login_required
def report(request, token):
    """Send a report to the person whom its address was made for."""
    try:
        user, location, name = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature as error:
        raise Http404("This address is no longer valid: open the list of reports again.") from error
    storage = ReportStorage(location=location)
    if user != request.user.pk or not storage.exists(name):
        raise Http404
    response = FileResponse(storage.open(name), as_attachment=True)
    response["Cache-Control"] = "private, no-store"
    return response


# Error pages are looked up in this module.
globals().update({name: value for name, value in vars(urls).items() if name.startswith("handler")})
urlpatterns = [path("private-reports/<str:token>", report), *urls.urlpatterns]
