"""Rules for passwords: those of AUTH_PASSWORD_VALIDATORS."""

import unicodedata

from django.contrib.auth import password_validation


def normalize_password(password):
    """The same for all ways to type it."""
    return unicodedata.normalize("NFKC", password)


def validate_password(password, user=None):
    """Raise ValidationError with every rule that it breaks."""
    password_validation.validate_password(normalize_password(password), user)
