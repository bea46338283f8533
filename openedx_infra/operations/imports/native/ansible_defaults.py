"""What Ansible writes where nobody set anything: such values are nobody's choice, and aren't taken over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULTS: Mapping[str, Any] = {
    "ACE_CHANNEL_DEFAULT_EMAIL": "django_email",
    "ACE_CHANNEL_SAILTHRU_DEBUG": True,
    "ACE_CHANNEL_TRANSACTIONAL_EMAIL": "django_email",
    "ACE_ENABLED_CHANNELS": ["django_email"],
    "ACE_ENABLED_POLICIES": ["bulk_email_optout"],
    "AFFILIATE_COOKIE_NAME": "dev_affiliate_id",
    "API_ACCESS_FROM_EMAIL": "api-requests@example.com",
    "API_ACCESS_MANAGER_EMAIL": "api-access@example.com",
    "BULK_EMAIL_EMAILS_PER_TASK": 500,
    "CELERY_TIMEZONE": "UTC",
    "CERTIFICATE_TEMPLATE_LANGUAGES": {"en": "English", "es": "Español"},
    "CERT_QUEUE": "certificates",
    "COURSE_ABOUT_VISIBILITY_PERMISSION": "see_exists",
    "COURSE_CATALOG_VISIBILITY_PERMISSION": "see_exists",
    "DEFAULT_COURSE_VISIBILITY_IN_CATALOG": "both",
    "DEFAULT_MOBILE_AVAILABLE": False,
    "ENTERPRISE_COURSE_ENROLLMENT_AUDIT_MODES": ["audit", "honor"],
    "ENTERPRISE_CUSTOMER_SUCCESS_EMAIL": "customersuccess@edx.org",
    "ENTERPRISE_INTEGRATIONS_EMAIL": "enterprise-integrations@edx.org",
    "ENTERPRISE_SERVICE_WORKER_USERNAME": "enterprise_worker",
    "LTI_AGGREGATE_SCORE_PASSBACK_DELAY": 900,
    "LTI_USER_EMAIL_DOMAIN": "lti.example.com",
    "MAINTENANCE_BANNER_TEXT": "Sample banner message",
    "ORGANIZATIONS_AUTOCREATE": True,
    "PARENTAL_CONSENT_AGE_LIMIT": 13,
    "PASSWORD_POLICY_COMPLIANCE_ROLLOUT_CONFIG": {"ENFORCE_COMPLIANCE_ON_LOGIN": False},
    "PAYMENT_SUPPORT_EMAIL": "billing@example.com",
    "PLATFORM_DESCRIPTION": "Your Platform Description Here",
    "PLATFORM_FACEBOOK_ACCOUNT": "http://www.facebook.com/YourPlatformFacebookAccount",
    "PLATFORM_TWITTER_ACCOUNT": "@YourPlatformTwitterAccount",
    "PROCTORING_BACKENDS": {"DEFAULT": "null", "null": {}},
    "PROFILE_IMAGE_MAX_AGE": 31536000,
    "PROFILE_IMAGE_MAX_BYTES": 1048576,
    "PROFILE_IMAGE_MIN_BYTES": 100,
    "PROFILE_IMAGE_SIZES_MAP": {"full": 500, "large": 120, "medium": 50, "small": 30},
    "RETIRED_EMAIL_DOMAIN": "retired.invalid",
    "RETIRED_EMAIL_PREFIX": "retired__user_",
    "RETIRED_USERNAME_PREFIX": "retired__user_",
    "RETIREMENT_SERVICE_WORKER_USERNAME": "retirement_worker",
    "RETIREMENT_STATES": ["PENDING", "ERRORED", "ABORTED", "COMPLETE"],
    "SESSION_SAVE_EVERY_REQUEST": False,
    "STUDIO_NAME": "Studio",
    "STUDIO_SHORT_NAME": "Studio",
    "USERNAME_REPLACEMENT_WORKER": "OVERRIDE THIS WITH A VALID USERNAME",
    "VIDEO_IMAGE_MAX_AGE": 31536000,
    "VIDEO_TRANSCRIPTS_MAX_AGE": 31536000,
    "WIKI_ENABLED": True,
    "X_FRAME_OPTIONS": "DENY",
    "YOUTUBE_API_KEY": "PUT_YOUR_API_KEY_HERE",
}
"""Settings and their values in `edxapp/defaults` of edx/configuration, from Maple on."""

PLACEHOLDERS = ("SET-ME", "PUT_YOUR", "OVERRIDE ME", "CHANGE ME", "ENTER YOUR ")
"""Beginnings of texts that stand where somebody should have written something."""
