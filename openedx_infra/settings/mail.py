"""Settings of mail: server, sender, and the addresses that pages and mails show."""

from __future__ import annotations

from collections.abc import Mapping

from openedx_infra.config import Stack
from openedx_infra.config.types.aws_regions import service_host
from openedx_infra.settings.connections import Ses, Smtp
from openedx_infra.settings.merging import Settings

_SENDERS = (
    "DEFAULT_FROM_EMAIL",
    "SERVER_EMAIL",
    "BULK_EMAIL_DEFAULT_FROM_EMAIL",
    "NOTIFICATIONS_DEFAULT_FROM_EMAIL",
    "LMS_COMM_DEFAULT_FROM_EMAIL",
    "API_ACCESS_FROM_EMAIL",
    "ACTIVATION_EMAIL_FROM_ADDRESS",
)
_CONTACTS = (
    "API_ACCESS_MANAGER_EMAIL",
    "BUGS_EMAIL",
    "CONTACT_EMAIL",
    "DEFAULT_FEEDBACK_EMAIL",
    "ENTERPRISE_CUSTOMER_SUCCESS_EMAIL",
    "ENTERPRISE_INTEGRATIONS_EMAIL",
    "PAYMENT_SUPPORT_EMAIL",
    "PRESS_EMAIL",
    "TECH_SUPPORT_EMAIL",
    "UNIVERSITY_EMAIL",
)


def mail(stack: Stack, server: Smtp | Ses) -> Settings:
    """Everything about mail but the server's password."""
    return {
        **(_ses(server) if isinstance(server, Ses) else _smtp(server)),
        **dict.fromkeys(_SENDERS, stack.sender),
        **dict.fromkeys(_CONTACTS, stack.site.contact_email),
        "CONTACT_MAILING_ADDRESS": f"{stack.site.name} - {stack.site.lms_url}",
        "DEFAULT_EMAIL_LOGO_URL": f"{stack.site.lms_url}/theming/asset/images/logo.png",
        # edX's own pages and apps, unless the operator says others.
        "SOCIAL_MEDIA_FOOTER_ACE_URLS": {},
        "MOBILE_STORE_ACE_URLS": {},
        # What Django calls itself before mail servers, and in Message-ID (platform/loading.py).
        "OPENEDX_INFRA_MAIL_NAME": stack.site.lms_host,
        "LTI_USER_EMAIL_DOMAIN": stack.site.lms_host,
        # One way out for all mails of the platform's engine (ACE), and for bulk mails with it.
        "ACE_ENABLED_CHANNELS": ["django_email"],
        "ACE_CHANNEL_DEFAULT_EMAIL": "django_email",
        "ACE_CHANNEL_TRANSACTIONAL_EMAIL": "django_email",
        "ACE_ROUTING_KEY": "edx.lms.core.default",
        "BULK_EMAIL_SEND_USING_EDX_ACE": True,
    }


def mail_secrets(server: Smtp | Ses, secrets: Mapping[str, str]) -> Settings:
    """The password of the mail server, when there is a login."""
    if isinstance(server, Ses) or server.user is None:
        return {}
    return {"EMAIL_HOST_PASSWORD": secrets["mail_password"]}


def _smtp(server: Smtp) -> Settings:
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": server.endpoint.host,
        "EMAIL_PORT": server.endpoint.port,
        "EMAIL_HOST_USER": server.user or "",
        "EMAIL_USE_TLS": server.security == "starttls",
        "EMAIL_USE_SSL": server.security == "tls",
        # Seconds. Django's default is to wait forever, with a request or a worker held.
        "EMAIL_TIMEOUT": 30,
    }


def _ses(server: Ses) -> Settings:
    """By django-ses, with the role of the pods: keys of an S3 server of one's own are none for SES.

    It asks SES how fast it may send, which the role must allow: ses:GetSendQuota, beside ses:SendRawEmail.
    """
    return {
        "EMAIL_BACKEND": "django_ses.SESBackend",
        "AWS_SES_REGION_NAME": server.region,
        # The platform's default is another region's.
        "AWS_SES_REGION_ENDPOINT": service_host("email", server.region),
        "AWS_SES_ACCESS_KEY_ID": None,
        "AWS_SES_SECRET_ACCESS_KEY": None,
        "AWS_SES_CONFIGURATION_SET": server.configuration_set,
    }
