"""Ulmo, released in December 2025.

Versions are those that Tutor 21.0.8 pins and is tested with upstream; uv is the newer one, as it installs the
same requirements. It is the oldest release here, from which the next ones are made:

- 11 micro-frontends, no catalog among them (it exists and is optional), and no frontend-base site;
- the forum takes its MySQL backend only when two waffle flags say so; later there is no other.

Feature flags are settings of their own (openedx-platform #37067; its release notes list `settings.ENABLE_…`),
and STORAGES is read before the settings that it replaced: neither needs a word.
"""

from __future__ import annotations

from openedx_infra.releases.images import BaseImages, ReleaseImages
from openedx_infra.releases.release import Mfe, Release

ULMO = Release(
    name="ulmo",
    ref="release/ulmo.3",
    python="3.11",
    node="24.11.0",
    uv="0.13.5",
    requirements="txt",
    # `fs` imports pkg_resources, which setuptools 82 dropped; requirements/edx/base.txt leaves setuptools out
    # (openedx-platform #38068, which is open in November 2026, so that later releases have it, too).
    constraints=("setuptools<82",),
    bases=BaseImages(
        node="docker.io/library/node:24.11.0-bookworm-slim",
        uv="ghcr.io/astral-sh/uv:0.13.5",
    ),
    images=ReleaseImages(
        openedx="docker.io/overhangio/openedx:21.0.8",
        mfe="docker.io/overhangio/openedx-mfe:21.0.0",
        mysql="docker.io/library/mysql:8.4.0",
        mongodb="docker.io/library/mongo:7.0.28",
        valkey="docker.io/valkey/valkey:8.1",
        meilisearch="docker.io/getmeili/meilisearch:v1.8.4",
        smtp="docker.io/devture/exim-relay:4.96-r1-0",
    ),
    mfes=(
        Mfe(
            name="account",
            without="the account settings have no page: the LMS' own were removed in Teak",
            needed=True,
            port=1997,
            setting="ACCOUNT_MICROFRONTEND_URL",
            suffix="/",
            config={"ACCOUNT_SETTINGS_URL": "{url}/"},
            role="org.openedx.frontend.role.account",
        ),
        Mfe(
            name="admin-console",
            without="nobody can give roles in content libraries",
            port=2025,
            config={"ADMIN_CONSOLE_URL": "{url}"},
        ),
        Mfe(
            name="authn",
            without="the LMS' own pages to sign in and register",
            port=1999,
            setting="AUTHN_MICROFRONTEND_URL",
            domain_setting="AUTHN_MICROFRONTEND_DOMAIN",
            flags=("ENABLE_AUTHN_MICROFRONTEND",),
            config={"DISABLE_ENTERPRISE_LOGIN": True},
            app_config={"DISABLE_ENTERPRISE_LOGIN": True},
        ),
        Mfe(
            name="authoring",
            without="Studio's home, outline and editors have no page: its own were removed up to Ulmo",
            needed=True,
            port=2001,
            setting="COURSE_AUTHORING_MICROFRONTEND_URL",
            studio=True,
            config={
                "COURSE_AUTHORING_MICROFRONTEND_URL": "{url}",
                # Strings, as that micro-frontend compares them with "true".
                "ENABLE_ASSETS_PAGE": "true",
                "ENABLE_PROGRESS_GRAPH_SETTINGS": "true",
                "ENABLE_TAGGING_TAXONOMY_PAGES": "true",
                "ENABLE_UNIT_PAGE": "true",
                "MEILISEARCH_ENABLED": "{meilisearch}",
            },
        ),
        Mfe(
            name="communications",
            without="the mail form of the instructor dashboard",
            port=1984,
            setting="COMMUNICATIONS_MICROFRONTEND_URL",
            flags=("ENABLE_NEW_BULK_EMAIL_EXPERIENCE",),
            config={"SCHEDULE_EMAIL_SECTION": True},
        ),
        Mfe(
            name="discussions",
            without="the LMS' own discussion tab",
            port=2002,
            setting="DISCUSSIONS_MICROFRONTEND_URL",
            waffle_flags=(
                "discussions.enable_discussions_mfe",
                "discussions.enable_new_structure_discussions",
            ),
            config={"DISCUSSIONS_MFE_BASE_URL": "{url}"},
        ),
        Mfe(
            name="gradebook",
            without="instructors can't change single grades",
            port=1994,
            setting="WRITABLE_GRADEBOOK_URL",
        ),
        Mfe(
            name="learner-dashboard",
            without="the LMS' own dashboard",
            port=1996,
            setting="LEARNER_HOME_MICROFRONTEND_URL",
            suffix="/",
            waffle_flags=("learner_home_mfe.enabled",),
        ),
        Mfe(
            name="learning",
            without="courseware has no page: the LMS' own was removed in Olive, and links lead to `None`",
            needed=True,
            port=2000,
            setting="LEARNING_MICROFRONTEND_URL",
            waffle_flags=("course_home.course_home_mfe_progress_tab", "courseware.enable_navigation_sidebar"),
            config={"LEARNING_BASE_URL": "{url}"},
        ),
        Mfe(
            name="ora-grading",
            without="staff grade open responses within the unit",
            port=1993,
            setting="ORA_GRADING_MICROFRONTEND_URL",
            waffle_flags=("openresponseassessment.enhanced_staff_grader",),
        ),
        Mfe(
            name="profile",
            without="profiles have no page: the LMS' own were removed in Teak",
            needed=True,
            port=1995,
            setting="PROFILE_MICROFRONTEND_URL",
            suffix="/u/",
            config={"ACCOUNT_PROFILE_URL": "{url}"},
            role="org.openedx.frontend.role.profile",
        ),
    ),
    frontend_apps=(),
    # Filled step by step, the index must be there with its configuration. Filled at once, it is lost when the
    # command is stopped, and every run begins anew.
    studio_index=(("--init",), ("--incremental",)),
    waffle_flags=("discussions.enable_forum_v2", "forum_v2.enable_mysql_backend"),
    forum_in_mongodb=True,
)
"""Ulmo."""
