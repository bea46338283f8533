"""Verawood, released on 30 July 2026.

Versions are those that Tutor 22.0.3 pins and is tested with upstream. The images of the platform and its MFEs
are the ones that the Tutor project publishes; a stack may build its own instead. What isn't set here is as
in Ulmo.
"""

from __future__ import annotations

from dataclasses import replace

from openedx_infra.releases.images import BaseImages, ReleaseImages
from openedx_infra.releases.release import FrontendApp, Mfe, mfes
from openedx_infra.releases.steps import HeavyMigration, UpgradeCommand
from openedx_infra.releases.ulmo import ULMO

VERAWOOD = replace(
    ULMO,
    name="verawood",
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
        smtp="docker.io/devture/exim-relay:4.96-r1-0",
    ),
    # Typesense since edx-search's #254; the others since long.
    search_engines=("meilisearch", "elasticsearch", "opensearch", "typesense"),
    mfes=mfes(
        *(mfe for mfe in ULMO.mfes if mfe.name != "admin-console"),
        # The LMS' pages of instructors link to it.
        Mfe(
            name="admin-console",
            without="nobody can give roles in content libraries",
            port=2025,
            setting="ADMIN_CONSOLE_MICROFRONTEND_URL",
            config={"ADMIN_CONSOLE_URL": "{url}"},
        ),
        Mfe(
            name="catalog",
            without="the LMS' own home page and catalog",
            port=1998,
            setting="CATALOG_MICROFRONTEND_URL",
            studio=True,
            flags=("ENABLE_CATALOG_MICROFRONTEND",),
        ),
    ),
    frontend_apps=(
        FrontendApp(
            name="instructor-dashboard",
            without="the LMS' own instructor dashboard",
            version="^1.0.0",
            role="org.openedx.frontend.role.instructorDashboard",
            setting="INSTRUCTOR_MICROFRONTEND_URL",
        ),
        FrontendApp(
            name="notifications",
            without="nobody sees notifications outside of mails",
            version="^3.0.0",
            role="org.openedx.frontend.role.notifications",
        ),
    ),
    # Migrations make the index, and a task of the workers fills it (openedx-platform #38384).
    studio_index=((),),
    waffle_flags=(),
    forum_in_mongodb=False,
    upgrade_commands=(
        UpgradeCommand(
            when="after",
            command="status",
            why="Studio's index is filled by its workers after the site is open (openedx-platform #38384): "
            "search in Studio is incomplete until their queue is empty",
        ),
    ),
    heavy_migrations=(
        HeavyMigration(
            app="split_modulestore_django",
            prefix="0004_",
            table="split_modulestore_django_splitmodulestorecourseindex",
            locks=True,
            rows_per_second=2000,
            unique="course_id",
            remedy="find out which of them the course overviews and the enrollments have, note the versions "
            "of the other one, and delete it from this table in Studio's admin, at "
            "/admin/split_modulestore_django/splitmodulestorecourseindex/: no content goes with it",
            source="openedx-platform #38044; the speed is a guess",
        ),
    ),
)
"""Verawood, as it differs from Ulmo."""
