"""Sends mails. What the server of mails raises is the caller's."""

from django.conf import settings
from django.core.mail import send_mail


def send(message):
    """Send one, at once."""
    text = f"Set your password at {message.context['platform_name']}:\n{message.context['reset_link']}\n"
    sender = getattr(settings, "DEFAULT_FROM_EMAIL", None)
    send_mail("Password reset", text, sender, [message.email], fail_silently=False)
