"""What does the LMS alone need?"""

from __future__ import annotations

from openedx_infra.config import Stack
from openedx_infra.settings.merging import Settings


def lms_only(stack: Stack) -> Settings:
    """Settings of the LMS that neither Studio nor another file has."""
    return {
        "ALTERNATE_WORKER_QUEUES": "cms",
        # Its default is a queue of its own, which no worker of this release serves.
        "ORA_WORKFLOW_UPDATE_ROUTING_KEY": "edx.lms.core.default",
        "ENABLE_COURSE_DISCOVERY": True,
        "ENABLE_COURSEWARE_SEARCH": True,
        "ENABLE_DASHBOARD_SEARCH": True,
        "SEARCH_SKIP_SHOW_IN_CATALOG_FILTERING": False,
        "SEARCH_SKIP_ENROLLMENT_START_DATE_FILTERING": True,
        "COURSE_CATALOG_VISIBILITY_PERMISSION": "see_in_catalog",
        "COURSE_ABOUT_VISIBILITY_PERMISSION": "see_about_page",
        "ENABLE_GRADE_DOWNLOADS": True,
        "ENABLE_MOBILE_REST_API": True,
        "ENABLE_OAUTH2_PROVIDER": True,
        "ENABLE_THIRD_PARTY_AUTH": True,
        "ENABLE_COMBINED_LOGIN_REGISTRATION": True,
        "PREVENT_CONCURRENT_LOGINS": False,
        "REGISTRATION_EXTRA_FIELDS": {
            "confirm_email": "hidden",
            "level_of_education": "optional",
            "gender": "optional",
            "year_of_birth": "optional",
            "mailing_address": "optional",
            "goals": "optional",
            "city": "hidden",
            "country": "hidden",
            # Pages of that name are the operator's to write.
            "honor_code": "hidden",
            "terms_of_service": "hidden",
        },
        # It would send numbers about the instance to a third party every half year.
        "SURVEY_REPORT_ENABLE": False,
        "SURVEY_REPORT_ENDPOINT": "",
        "SITE_ID": 1,
    }
