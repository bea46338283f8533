"""Signing in, in the steps of the platform: a micro-frontend asks the LMS, and so does Studio.

Addresses and names of fields are those of the platform: of its apps user_authn, csrf and oauth_dispatch, and
of auth_backends.
"""

import json
import urllib.parse
import urllib.request
from secrets import token_urlsafe

from django.conf import settings
from django.contrib.auth import authenticate, get_user_model, login
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.urls import path, re_path
from django.utils.html import escape
from django.utils.http import base36_to_int
from oauth2_provider.decorators import protected_resource
from oauth2_provider.views import AuthorizationView, TokenView

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
LINK = r"(?P<uidb36>[0-9A-Za-z]+)-(?P<token>.+)/$"
"""What a link to set a password ends with."""


def to_login(request):
    """The page to sign in at is the micro-frontend's."""
    return HttpResponseRedirect(f"{settings.AUTHN_MICROFRONTEND_URL}/login?{request.META['QUERY_STRING']}")


def csrf_token(request):
    """The token without which nothing is taken that is posted; its cookie comes with it."""
    return JsonResponse({"csrfToken": get_token(request)})


def login_session(request):
    """Sign in by the password whose hash is in the database."""
    if request.content_type not in FORMS:
        return HttpResponse(status=415)
    name = request.POST["email_or_username"]
    user = get_user_model().objects.filter(**{"email" if "@" in name else "username": name}).first()
    known = user and authenticate(request, username=user.username, password=request.POST["password"])
    if not known:
        return JsonResponse({"success": False, "error_code": "incorrect-email-or-password"}, status=400)
    login(request, known)
    wanted = request.GET.get("next") or settings.LEARNER_HOME_MICROFRONTEND_URL
    return JsonResponse({"success": True, "redirect_url": wanted})


def me(request):
    """Who asks: 401 for somebody who is not signed in."""
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    return JsonResponse({"username": request.user.username})


def mfe_config(request):
    """What micro-frontends are told."""
    name = request.GET.get("mfe", "")
    return JsonResponse({**settings.MFE_CONFIG, **settings.MFE_CONFIG_OVERRIDES.get(name, {})})


def set_password(request, uidb36, token):
    """Set a password by the link of a mail, once; 404 for any other link."""
    user = get_user_model().objects.filter(pk=base36_to_int(uidb36)).first()
    if user is None or not default_token_generator.check_token(user, token):
        return HttpResponse(status=404)
    user.set_password(request.POST["new_password1"])
    user.is_active = True
    user.save()
    return JsonResponse({"reset_status": True})


def confirm(request, uidb36, token):
    """The page behind the link of a mail is the micro-frontend's."""
    return HttpResponseRedirect(f"{settings.AUTHN_MICROFRONTEND_URL}{request.path}")


@protected_resource()
def user_info(request):
    """Whose access token this is."""
    return JsonResponse({"preferred_username": request.resource_owner.username})


def studio_home(request):
    """Studio's first page, for somebody who is signed in."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect("/login/")
    return HttpResponse(f"<!doctype html><title>Studio</title><h1>{escape(request.user.username)}</h1>")


def to_lms(request):
    """Ask the LMS who this is."""
    request.session["state"] = state = token_urlsafe(16)
    query = {
        "client_id": settings.SOCIAL_AUTH_EDX_OAUTH2_KEY,
        "redirect_uri": request.build_absolute_uri("/complete/edx-oauth2/"),
        "response_type": "code",
        "scope": "user_id",
        "state": state,
    }
    root = settings.SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT
    return HttpResponseRedirect(f"{root}/oauth2/authorize?{urllib.parse.urlencode(query)}")


def from_lms(request):
    """The LMS sent somebody back with a code, for which it tells who it is."""
    if request.GET.get("state") != request.session.pop("state", None) or "code" not in request.GET:
        return HttpResponse(status=403)
    root = settings.SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT
    form = {
        "client_id": settings.SOCIAL_AUTH_EDX_OAUTH2_KEY,
        "client_secret": settings.SOCIAL_AUTH_EDX_OAUTH2_SECRET,
        "code": request.GET["code"],
        "grant_type": "authorization_code",
        "redirect_uri": request.build_absolute_uri("/complete/edx-oauth2/"),
    }
    token = asked(f"{root}/oauth2/access_token", data=urllib.parse.urlencode(form).encode())["access_token"]
    name = asked(f"{root}/oauth2/user_info", headers={"Authorization": f"Bearer {token}"})[
        "preferred_username"
    ]
    user = get_user_model().objects.get(username=name)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect("/home/")


def asked(url, **request):
    """An answer in JSON."""
    with urllib.request.urlopen(urllib.request.Request(url, **request), timeout=10) as answer:
        return json.load(answer)


lms_addresses = [
    path("login", to_login),
    path("csrf/api/v1/token", csrf_token),
    path("api/user/v2/account/login_session/", login_session),
    path("api/user/v1/me", me),
    path("api/mfe_config/v1", mfe_config),
    re_path(f"^password/reset/{LINK}", set_password),
    re_path(f"^password_reset_confirm/{LINK}", confirm, name="password_reset_confirm"),
    re_path("^oauth2/authorize/?$", AuthorizationView.as_view()),
    re_path("^oauth2/access_token/?$", TokenView.as_view()),
    path("oauth2/user_info", user_info),
]
studio_addresses = [
    path("home/", studio_home),
    path("login/", to_lms),
    path("complete/edx-oauth2/", from_lms),
]
