"""Requests for what runs outside of one."""

from contextlib import contextmanager

from crum import set_current_request
from django.conf import settings
from django.test import RequestFactory


@contextmanager
def emulate_http_request(site=None, user=None, middleware_classes=None):
    """Within it a request by plain HTTP is at hand, of a site and a user."""
    request = RequestFactory(SERVER_NAME=settings.SITE_NAME.partition(":")[0]).get("/")
    request.site, request.user = site, user
    set_current_request(request)
    try:
        yield
    finally:
        set_current_request(None)
