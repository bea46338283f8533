"""Addresses of the site."""

from openedx.standin.signing_in import studio_addresses
from openedx.standin.views import addresses

urlpatterns = [*addresses, *studio_addresses]
