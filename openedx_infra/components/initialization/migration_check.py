"""What is asked before a site goes back to an image of before?

A CronJob without a clock, which `openedx-infra rollback` makes a Job of. It is there before the migrations of
its image run, so that whoever wants to take back a failed upgrade asks the image that knows what was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pulumi
from pulumi_kubernetes.batch.v1 import CronJob

from openedx_infra import scripts, settings
from openedx_infra.components.datastores.store import FileStore
from openedx_infra.components.edx_platform.process import Process, pod
from openedx_infra.components.edx_platform.sites import LMS, STUDIO, SettingsFiles
from openedx_infra.components.initialization.provisioning import SCRIPTS
from openedx_infra.components.instance import Instance
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.cron_job import cron_job
from openedx_infra.settings import paths

NAME = "migration-check"
MINUTES = 20
"""Patience with it. To judge a migration, Django builds up all models before it, which takes seconds each
time (a guess)."""


def migration_check(
    instance: Instance, kept: Mapping[str, SettingsFiles], storage: FileStore, parent: pulumi.Resource
) -> CronJob:
    """The CronJob. It runs as the LMS and then as Studio, so it has the settings of both."""
    name = f"{NAME}{instance.stack.suffix}"
    own, studio = pulumi.ResourceOptions(parent=parent), kept[STUDIO.name]
    texts = {file: scripts.text(file) for file in ("migration_check.sh", "migration_check.py")}
    source = files.plain(f"{name}-script", instance.scope, texts, own)
    module = studio.plain.only(*settings.module_files(STUDIO.variant))
    process = Process(
        component=name,
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
    once = replace(pod(LMS, instance, kept[LMS.name], storage, process), restart="Never")
    return cron_job(name, instance.scope, once, own, schedule=None, deadline_minutes=MINUTES, retries=0)
