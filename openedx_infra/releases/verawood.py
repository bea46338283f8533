"""Verawood, released on 30 July 2026.

Versions are those that Tutor 22.0.3 pins and is tested with upstream. The images of the platform and its MFEs
are the ones that the Tutor project publishes; a stack may build its own instead.
"""

from __future__ import annotations

from openedx_infra.releases.release import BaseImages, FrontendApp, Mfe, Release, ReleaseImages

VERAWOOD = Release(
    name="verawood",
    kind="current",
    after="ulmo",
    ref="release/verawood.1",
    python="3.12",
    node="24.14.1",
    uv="0.13.5",
    requirements="txt",
    bases=BaseImages(node="docker.io/library/node:24.14.1-bookworm-slim", uv="ghcr.io/astral-sh/uv:0.13.5"),
    images=ReleaseImages(
        openedx="docker.io/overhangio/openedx:22.0.3",
        mfe="docker.io/overhangio/openedx-mfe:22.1.0",
        mysql="docker.io/library/mysql:8.4.11",
        mongodb="docker.io/library/mongo:7.0.39",
        valkey="docker.io/valkey/valkey:8.1",
        meilisearch="docker.io/getmeili/meilisearch:v1.36.0",
        versitygw="ghcr.io/versity/versitygw:v1.8.0",
        smtp="docker.io/devture/exim-relay:4.96-r1-0",
    ),
    # Typesense since edx-search's #254; the others since long.
    search_engines=("meilisearch", "elasticsearch", "opensearch", "typesense"),
    mfes=(
        Mfe(name="account", port=1997, setting="ACCOUNT_MICROFRONTEND_URL", suffix="/"),
        Mfe(name="admin-console", port=2025, setting="ADMIN_CONSOLE_MICROFRONTEND_URL", studio=True),
        Mfe(
            name="authn", port=1999, setting="AUTHN_MICROFRONTEND_URL", flags=("ENABLE_AUTHN_MICROFRONTEND",)
        ),
        Mfe(name="authoring", port=2001, setting="COURSE_AUTHORING_MICROFRONTEND_URL", studio=True),
        Mfe(
            name="catalog",
            port=1998,
            setting="CATALOG_MICROFRONTEND_URL",
            studio=True,
            flags=("ENABLE_CATALOG_MICROFRONTEND",),
        ),
        Mfe(
            name="communications",
            port=1984,
            setting="COMMUNICATIONS_MICROFRONTEND_URL",
            flags=("ENABLE_NEW_BULK_EMAIL_EXPERIENCE",),
        ),
        Mfe(
            name="discussions",
            port=2002,
            setting="DISCUSSIONS_MICROFRONTEND_URL",
            waffle_flags=(
                "discussions.enable_discussions_mfe",
                "discussions.enable_learners_tab_in_discussions_mfe",
                "discussions.enable_moderation_reason_codes",
                "discussions.enable_reported_content_email_notifications",
                "discussions.enable_learners_stats",
                "discussions.enable_new_structure_discussions",
            ),
        ),
        Mfe(name="gradebook", port=1994, setting="WRITABLE_GRADEBOOK_URL"),
        Mfe(
            name="learner-dashboard",
            port=1996,
            setting="LEARNER_HOME_MICROFRONTEND_URL",
            suffix="/",
            waffle_flags=("learner_home_mfe.enabled",),
        ),
        Mfe(
            name="learning",
            port=2000,
            setting="LEARNING_MICROFRONTEND_URL",
            waffle_flags=("course_home.course_home_mfe_progress_tab", "courseware.enable_navigation_sidebar"),
        ),
        Mfe(
            name="ora-grading",
            port=1993,
            setting="ORA_GRADING_MICROFRONTEND_URL",
            waffle_flags=("openresponseassessment.enhanced_staff_grader",),
        ),
        Mfe(name="profile", port=1995, setting="PROFILE_MICROFRONTEND_URL", suffix="/u/"),
    ),
    frontend_apps=(
        FrontendApp(
            name="instructor-dashboard",
            version="^1.0.0",
            role="org.openedx.frontend.role.instructorDashboard",
            setting="INSTRUCTOR_MICROFRONTEND_URL",
        ),
        FrontendApp(name="notifications", version="^3.0.0", role="org.openedx.frontend.role.notifications"),
    ),
)
"""The current named release."""
