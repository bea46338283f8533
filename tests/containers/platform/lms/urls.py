"""Addresses of the site."""

from django.urls import path
from openedx.standin.signing_in import lms_addresses
from openedx.standin.views import addresses, home

urlpatterns = [*addresses, *lms_addresses, path("courses", home)]
