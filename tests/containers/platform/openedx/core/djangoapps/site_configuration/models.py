"""Tables by the names that the platform has for them."""

from openedx.standin.models import SiteConfiguration

__all__ = ["SiteConfiguration"]
