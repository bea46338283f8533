"""Tables by the names that the platform has for them."""

from openedx.standin.models import RetirementState, UserPreference

__all__ = ["RetirementState", "UserPreference"]
