"""Fields of the form to register by, and their rules."""

from django import forms
from django.core.validators import RegexValidator, slug_re

_LENGTH = "Username must be between 2 and 30 characters long."
_CHARACTERS = (
    "Usernames can only contain letters (A-Z, a-z), numerals (0-9), underscores (_), and hyphens (-)."
)


class UsernameField(forms.CharField):
    """A user name."""

    default_validators = (RegexValidator(slug_re, _CHARACTERS, "invalid"),)

    def __init__(self):
        """Takes no arguments."""
        messages = dict.fromkeys(("required", "min_length", "max_length"), _LENGTH)
        super().__init__(min_length=2, max_length=30, error_messages=messages)


def validate_name(name):
    """Refuse a full name that would be markup or an address."""
    if "<" in name or ">" in name:
        raise forms.ValidationError("Full Name cannot contain the following characters: < >")
    if "://" in name:
        raise forms.ValidationError("Enter a valid name")
