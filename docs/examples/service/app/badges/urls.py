"""The page of badges, signing in by the LMS, and health."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.middleware.csrf import get_token
from django.urls import include, path
from django.utils.html import format_html, format_html_join

from badges.models import Badge


def health(_request):
    """Whether it serves: it asks no other server, so that none of them takes this one away."""
    return HttpResponse("ok")


def sign_in(request):
    """A form, as signing in begins by a POST."""
    form = (
        '<form method="post" action="/login/edx-oauth2/?next=/">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}"><button>Sign in</button></form>'
    )
    return HttpResponse(format_html(form, get_token(request)))


@login_required
def page(request):
    """The badges of whoever is signed in."""
    rows = Badge.objects.filter(username=request.user.username, shown=True).order_by("given")
    pictures = ((row.picture.url if row.picture else "", row.title) for row in rows)
    return HttpResponse(format_html_join("", '<p><img src="{}" alt=""> {}</p>', pictures))


def picture(_request, name):
    """A picture that lies on a volume. Those in a bucket have addresses there."""
    try:
        return FileResponse(default_storage.open(name))
    except (FileNotFoundError, SuspiciousFileOperation) as error:
        raise Http404(name) from error


urlpatterns = [
    path("health", health),
    path("sign-in", sign_in),
    path("pictures/<path:name>", picture),
    path("logout/", LogoutView.as_view()),
    path("", include("social_django.urls", namespace="social")),
    path("", page),
]
