"""The middleware that delivers instructors' reports at addresses of `storages.ReportStorage`.

Runs in the platform. A middleware, and no URLconf of our own: the platform asks ROOT_URLCONF whether it is
the LMS.
"""

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import FileResponse, Http404

from .storages import LIFETIME, PATH, SALT, ReportStorage


def deliver(get_response):
    """Answer requests for reports, and pass on all others."""

    def middleware(request):
        if request.path.startswith(PATH):
            return report(request, request.path.removeprefix(PATH).rstrip("/"))
        return get_response(request)

    return middleware


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
