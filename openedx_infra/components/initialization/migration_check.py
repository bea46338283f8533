"""The migration check: a CronJob without a clock that tells whether migrations allow an older image.

`openedx-infra rollback` makes a Job of it. It is there before the migrations of its image run, so that after
a failed upgrade the image can be asked that knows what was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pulumi

from openedx_infra import scripts, settings
from openedx_infra.components.datastores.store import FileStore
from openedx_infra.components.edx_platform.platform_pod import platform_container, platform_pod
from openedx_infra.components.edx_platform.sites import LMS, STUDIO, SettingsFiles
from openedx_infra.components.initialization.provisioning import SCRIPTS
from openedx_infra.components.instance import Instance
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.job import cron_job
from openedx_infra.kubernetes.models import CronJob
from openedx_infra.settings import paths

NAME = "migration-check"
MINUTES = 20
"""Patience with it. To judge a migration, Django builds up all models before it, which takes seconds each
time (a guess)."""


def migration_check(
    instance: Instance,
    settings_files: Mapping[str, SettingsFiles],
    storage: FileStore,
    parent: pulumi.Resource,
) -> CronJob:
    """The CronJob. It runs as the LMS and then as Studio, so it has the settings of both."""
    name = f"{NAME}{instance.stack.suffix}"
    opts, studio = pulumi.ResourceOptions(parent=parent), settings_files[STUDIO.name]
    texts = {file: scripts.text(file) for file in ("migration_check.sh", "migration_check.py")}
    source = files.plain(f"{name}-script", instance.scope, texts, opts)
    module = studio.plain.only(*settings.module_files(STUDIO.variant, instance.stack))
    container = platform_container(
        LMS,
        instance,
        settings_files[LMS.name],
        storage,
        command=["sh", f"{SCRIPTS}/migration_check.sh"],
        size=instance.stack.sizing.jobs,
        config=[studio.plain.only(STUDIO.settings_file)],
        secrets=[studio.secret],
        mounts=[
            volumes.mounted("scripts", SCRIPTS, [source]),
            volumes.mounted("studio-module", paths.module_dir(STUDIO.variant), [module]),
        ],
        env={"STUDIO_SETTINGS": paths.settings_module(STUDIO.variant)},
    )
    pod = replace(platform_pod(name, container, instance, storage), restart="Never")
    return cron_job(name, instance.scope, pod, opts, schedule=None, deadline_minutes=MINUTES, retries=0)
