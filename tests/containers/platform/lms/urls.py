"""Addresses of the site."""

from django.urls import path, re_path
from openedx.standin.views import addresses, home, password_reset_confirm

urlpatterns = [
    *addresses,
    path("login", home),
    path("courses", home),
    re_path(
        r"^password_reset_confirm/(?P<uidb36>[0-9A-Za-z]+)-(?P<token>.+)/$",
        password_reset_confirm,
        name="password_reset_confirm",
    ),
]
