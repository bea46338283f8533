"""The mail by which a user sets a new password."""

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.http import int_to_base36
from edx_ace import Message, ace
from openedx.core.djangoapps.theming.helpers import get_current_site


def send_password_reset_email_for_user(user, request, preferred_email=None):
    """Send a link that is good once."""
    token = default_token_generator.make_token(user)
    path = reverse("password_reset_confirm", kwargs={"uidb36": int_to_base36(user.id), "token": token})
    place = getattr(settings, "AUTHN_MICROFRONTEND_DOMAIN", None) or settings.SITE_NAME
    scheme = "https" if request.is_secure() else "http"
    context = {
        "platform_name": settings.PLATFORM_NAME,
        "site": str(get_current_site()),
        "reset_link": f"{scheme}://{place}{path}?track=pwreset",
    }
    ace.send(Message(email=preferred_email or user.email, context=context))
