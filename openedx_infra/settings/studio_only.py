"""What does Studio alone need?"""

from __future__ import annotations

from openedx_infra.config import Stack
from openedx_infra.settings.merging import Settings
from openedx_infra.settings.paths import DATA_DIR


def studio_only(stack: Stack) -> Settings:
    """Settings of Studio that neither the LMS nor another file has."""
    return {
        "STUDIO_NAME": f"{stack.site.name} Studio",
        "ALTERNATE_WORKER_QUEUES": "lms",
        "ENABLE_COURSEWARE_INDEX": True,
        "ENABLE_LIBRARY_INDEX": True,
        # MB. As in Tutor; an upload of a whole course is no asset and may be larger (ingress.bodies).
        "MAX_ASSET_UPLOAD_FILE_SIZE_IN_MB": 100,
        "GIT_REPO_EXPORT_DIR": f"{DATA_DIR}/export_course_repos",
        "FACEBOOK_APP_ID": None,
        "FACEBOOK_APP_SECRET": None,
        "LEARNER_PORTAL_URL_ROOT": stack.site.lms_url,
        "SITE_ID": 1,
    }
