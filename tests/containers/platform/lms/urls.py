"""Addresses of the site."""

from django.urls import path
from openedx.standin.views import addresses, home

urlpatterns = [*addresses, path("login", home), path("courses", home)]
