"""Tables by the names that the platform has for them."""

from openedx.standin.models import ApplicationAccess

__all__ = ["ApplicationAccess"]
