"""The request at hand, and its site."""

from crum import get_current_request

__all__ = ["get_current_request", "get_current_site"]


def get_current_site():
    """The site of the request at hand; None without one."""
    return getattr(get_current_request(), "site", None)
