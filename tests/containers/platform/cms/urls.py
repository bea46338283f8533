"""Addresses of the site."""

from openedx.standin.views import addresses

urlpatterns = addresses
