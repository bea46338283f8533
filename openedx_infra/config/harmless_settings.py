"""Settings of this program that a stack file's free settings may replace, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from openedx_infra.config.computed_settings import each_from

_ADDRESS = "where links of one kind lead; an MFE or page of the operator's own may be elsewhere"
_SENDER = "an address in mails and pages, which no other setting repeats"
_TEXT = "text on pages, which no other setting repeats"
_SWITCH = "a switch of the platform that nothing else here depends on"
_ABSENT = "a service that this program doesn't run: whoever runs one names it so"

HARMLESS_SETTINGS: Mapping[str, str] = {
    **each_from(
        _ADDRESS,
        *("ACCOUNT_MICROFRONTEND_URL", "ADMIN_CONSOLE_MICROFRONTEND_URL", "AUTHN_MICROFRONTEND_DOMAIN"),
        *("AUTHN_MICROFRONTEND_URL", "CATALOG_MICROFRONTEND_URL", "COMMUNICATIONS_MICROFRONTEND_URL"),
        *("COURSE_AUTHORING_MICROFRONTEND_URL", "DISCUSSIONS_MICROFRONTEND_URL"),
        *("INSTRUCTOR_MICROFRONTEND_URL", "LEARNER_HOME_MICROFRONTEND_URL", "LEARNING_MICROFRONTEND_URL"),
        *("ORA_GRADING_MICROFRONTEND_URL", "PROFILE_MICROFRONTEND_URL", "WRITABLE_GRADEBOOK_URL"),
        *("DEFAULT_EMAIL_LOGO_URL", "FRONTEND_LOGIN_URL"),
        *("FRONTEND_REGISTER_URL", "LEARNER_PORTAL_URL_ROOT", "MOBILE_STORE_ACE_URLS"),
        "SOCIAL_MEDIA_FOOTER_ACE_URLS",
    ),
    **each_from(
        _SENDER,
        *("ACTIVATION_EMAIL_FROM_ADDRESS", "API_ACCESS_FROM_EMAIL", "API_ACCESS_MANAGER_EMAIL"),
        *("BUGS_EMAIL", "BULK_EMAIL_DEFAULT_FROM_EMAIL", "CONTACT_EMAIL", "DEFAULT_FEEDBACK_EMAIL"),
        *("DEFAULT_FROM_EMAIL", "ENTERPRISE_CUSTOMER_SUCCESS_EMAIL", "ENTERPRISE_INTEGRATIONS_EMAIL"),
        *("LMS_COMM_DEFAULT_FROM_EMAIL", "LTI_USER_EMAIL_DOMAIN", "NOTIFICATIONS_DEFAULT_FROM_EMAIL"),
        *("PAYMENT_SUPPORT_EMAIL", "PRESS_EMAIL", "SERVER_EMAIL", "TECH_SUPPORT_EMAIL", "UNIVERSITY_EMAIL"),
    ),
    **each_from(
        _TEXT,
        *("CONTACT_MAILING_ADDRESS", "DEFAULT_SITE_THEME", "LANGUAGE_CODE", "PLATFORM_DESCRIPTION"),
        *("PLATFORM_NAME", "PLATFORM_TWITTER_ACCOUNT", "REGISTRATION_EXTRA_FIELDS", "STUDIO_NAME"),
    ),
    **each_from(
        _SWITCH,
        *("ACE_CHANNEL_DEFAULT_EMAIL", "ACE_CHANNEL_TRANSACTIONAL_EMAIL", "ACE_ENABLED_CHANNELS"),
        *("BULK_EMAIL_SEND_USING_EDX_ACE", "CERTIFICATES_HTML_VIEW", "COURSE_ABOUT_VISIBILITY_PERMISSION"),
        *("COURSE_CATALOG_VISIBILITY_PERMISSION", "ENABLE_AUTHN_MICROFRONTEND"),
        *("ENABLE_CATALOG_MICROFRONTEND",),
        *("ENABLE_COMPREHENSIVE_THEMING", "ENABLE_COURSEWARE_INDEX", "ENABLE_COURSEWARE_SEARCH"),
        *("ENABLE_COURSE_DISCOVERY", "ENABLE_DASHBOARD_SEARCH", "ENABLE_DISCUSSION_SERVICE"),
        *("ENABLE_GRADE_DOWNLOADS", "ENABLE_LIBRARY_INDEX", "ENABLE_MOBILE_REST_API"),
        *("ENABLE_NEW_BULK_EMAIL_EXPERIENCE", "ENABLE_OAUTH2_PROVIDER", "ENABLE_PREREQUISITE_COURSES"),
        *("ENABLE_THIRD_PARTY_AUTH", "MILESTONES_APP", "PREVENT_CONCURRENT_LOGINS"),
        *("SEARCH_SKIP_ENROLLMENT_START_DATE_FILTERING", "SEARCH_SKIP_SHOW_IN_CATALOG_FILTERING"),
        *("SHOW_HEADER_LANGUAGE_SELECTOR", "SURVEY_REPORT_ENABLE", "SURVEY_REPORT_ENDPOINT"),
    ),
    **each_from(
        _ABSENT,
        *("ANALYTICS_DASHBOARD_URL", "COMMENTS_SERVICE_KEY", "COMMENTS_SERVICE_URL"),
        *("ECOMMERCE_API_SIGNING_KEY", "ENTERPRISE_BACKEND_SERVICE_EDX_OAUTH2_SECRET", "FACEBOOK_APP_ID"),
        *("FACEBOOK_APP_SECRET", "PROCTORING_USER_OBFUSCATION_KEY", "XQUEUE_INTERFACE"),
    ),
    **each_from(
        "what tells the platform of a service: of a companion service, or of one elsewhere",
        *("CODE_JAIL_REST_SERVICE_HOST", "CODE_JAIL_REST_SERVICE_READ_TIMEOUT", "EDXNOTES_CLIENT_NAME"),
        *("COURSE_CATALOG_API_URL", "COURSE_CATALOG_URL_ROOT", "CREDENTIALS_INTERNAL_SERVICE_URL"),
        *("CREDENTIALS_PUBLIC_SERVICE_URL", "CREDENTIALS_SERVICE_USERNAME", "EDXNOTES_INTERNAL_API"),
        *("EDXNOTES_PUBLIC_API", "ENABLE_CODEJAIL_REST_SERVICE", "ENABLE_EDXNOTES", "ENABLE_LEARNER_RECORDS"),
    ),
    **each_from(
        "what a plugin of the operator's sends out; event_sinks sets it, too",
        *("XAPI_EVENTS_ENABLED", "XAPI_EVENT_LOGGING_ENABLED", "CALIPER_EVENTS_ENABLED"),
        *("CALIPER_EVENT_LOGGING_ENABLED", "EVENT_ROUTING_BACKEND_BATCHING_ENABLED"),
        *("EVENT_ROUTING_BACKEND_BATCH_SIZE", "EVENT_ROUTING_BACKEND_BATCH_INTERVAL", "SUPERSET_CONFIG"),
        *("EVENT_SINK_CLICKHOUSE_BACKEND_CONFIG", "EVENT_SINK_CLICKHOUSE_COURSE_OVERVIEWS_ENABLED"),
        *("EVENT_SINK_CLICKHOUSE_COURSE_ENROLLMENT_ENABLED", "EVENT_SINK_CLICKHOUSE_TAG_ENABLED"),
        *("EVENT_SINK_CLICKHOUSE_TAXONOMY_ENABLED", "EVENT_SINK_CLICKHOUSE_OBJECT_TAG_ENABLED"),
        *("EVENT_SINK_CLICKHOUSE_USER_PROFILE_ENABLED", "EVENT_SINK_CLICKHOUSE_EXTERNAL_ID_ENABLED"),
    ),
    "FORUM_MONGODB_DATABASE": "a database on the same server, which only the forum of Ulmo reads",
    "DEFAULT_MOBILE_AVAILABLE": "a default of courses, which mobile.all_courses sets, too",
    "MOBILE_APP_USER_AGENT_REGEXES": "what is taken for a mobile app",
    # rules/operations.py refuses both while this program retires accounts.
    "RETIREMENT_STATES": "the steps of a pipeline of the operator's own",
    "RETIREMENT_SERVICE_WORKER_USERNAME": "the user of a pipeline of the operator's own",
    "AWS_QUERYSTRING_EXPIRE": "seconds that signed addresses are good for",
    "CELERY_ACKS_LATE": "a choice of delivery: early, a task of a lost pod is lost",
    "CELERY_REJECT_ON_WORKER_LOST": "a choice of delivery, as CELERY_ACKS_LATE",
    "CELERYD_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS": "a choice of delivery, as CELERY_ACKS_LATE",
    "CELERYD_HIJACK_ROOT_LOGGER": "how workers log",
    "CELERY_TIMEZONE": "the clock of the platform; duties run by site.time_zone in either case",
    "CLOSEST_CLIENT_IP_FROM_HEADERS": "names the header of a CDN, which is surer than counting proxies",
    "DJANGO_REDIS_IGNORE_EXCEPTIONS": "whether requests fail while the cache is away",
    "EMAIL_TIMEOUT": "seconds to wait for the mail server",
    "EVENT_BUS_REDIS_CONSUMER_CONSECUTIVE_ERRORS_LIMIT": "failures after which a consumer starts anew",
    "GIT_REPO_EXPORT_DIR": "a folder that exports to Git alone use",
    "LOGGING_ENV": "a word in log lines",
    "LOG_DIR": "a folder that LOGGING doesn't use",
    "MAX_ASSET_UPLOAD_FILE_SIZE_IN_MB": "smaller than ingress.bodies.studio it limits, larger that does",
    "MFE_CONFIG_API_CACHE_TIMEOUT": "seconds until MFEs see a changed setting",
    "SESSION_ENGINE": "where sessions are kept: any engine of Django's uses the cache or the database",
    "SITE_ID": "the row of the LMS' host, which set-up names where it is another",
    "X_FRAME_OPTIONS": "who may frame pages that ingress.framed_by leaves to the platform",
}
"""Settings that free settings may replace whole, and why that costs the instance nothing it needs."""
