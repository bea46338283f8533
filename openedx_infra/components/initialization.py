"""What must have run before the platform may serve?

Databases, users, migrations, set-up: Jobs in a strict order.

A Job runs again when its own input changed: its image, its script, its parameters, the passwords that it
sets. The settings of the platform are no such input: the Jobs read them from objects of fixed names, which
change in place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulumi
from pulumi_kubernetes.batch.v1 import Job

from openedx_infra import scripts
from openedx_infra.components import django
from openedx_infra.components.datastores import Datastores
from openedx_infra.components.django import LMS, STUDIO, Process, SettingsFiles, Site, Storage
from openedx_infra.components.instance import Instance
from openedx_infra.components.provisioning import SCRIPTS, Provisioning
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.job import job
from openedx_infra.kubernetes.pod import Pod
from openedx_infra.settings import paths

MIGRATION_MINUTES = 60
"""Patience with one site's migrations. Large databases took MIT and others most of an hour."""


@dataclass(frozen=True, kw_only=True)
class InitializationArgs:
    """What initialization needs."""

    instance: Instance
    datastores: Datastores
    storage: Storage


class Initialization(pulumi.ComponentResource):
    """The Jobs that make databases, users, tables and everything that must be in them."""

    def __init__(
        self, name: str, args: InitializationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("openedx:index:Initialization", name, None, opts)
        self._args = args
        self._instance = args.instance
        own = pulumi.ResourceOptions(parent=self)
        self._settings = {
            site.name: django.keep_settings(
                f"{site.name}-job",
                site,
                args.instance,
                own,
                plain=files.current_plain,
                secret=files.current_secret,
            )
            for site in (LMS, STUDIO)
        }
        stores = args.datastores
        provision = Provisioning(instance=args.instance, datastores=stores, parent=self)
        databases = [provision.mysql(), provision.mongodb()]
        search = provision.search()
        # Migrations write to both databases, use the cache, and some enqueue tasks.
        lms = self._migrate(LMS, [*databases, stores.broker, stores.cache])
        studio = self._migrate(STUDIO, [lms])
        lms_setup = self._setup(LMS, [studio, search])
        studio_setup = self._setup(STUDIO, [lms_setup])
        self.migrated = studio
        """The Job after which every table is as the code wants it."""
        self.done = studio_setup
        """The Job after which everything else may start."""
        self.register_outputs({"done": studio_setup.metadata["name"]})

    def _migrate(self, site: Site, after: Sequence[pulumi.Resource]) -> Job:
        name = f"{site.name}-migrate"
        script = f"{site.name}_migrate.sh"
        process = self._process(name, script, self._scripts(name, script))
        return self._job(site, process, after)

    def _setup(self, site: Site, after: Sequence[pulumi.Resource]) -> Job:
        name = f"{site.name}-setup"
        scope, own = self._instance.scope, pulumi.ResourceOptions(parent=self)
        names = [file for file in scripts.names() if file.startswith(f"{site.name}_setup.")]
        text = json.dumps(scripts.setup_parameters(self._instance.stack), indent=1, sort_keys=True)
        parameters = files.plain(f"{name}-parameters", scope, {"setup.json": text}, own)
        secret = files.secret(
            f"{name}-secrets",
            scope,
            {"studio_oauth2_secret": self._instance.secrets["studio_oauth2_secret"]},
            own,
        )
        process = self._process(
            name,
            f"{site.name}_setup.sh",
            self._scripts(name, *names),
            parameters=parameters,
            secrets=[secret],
        )
        return self._job(site, process, after)

    def _scripts(self, name: str, *names: str) -> Files:
        own = pulumi.ResourceOptions(parent=self)
        return files.plain(f"{name}-script", self._instance.scope, {n: scripts.text(n) for n in names}, own)

    def _process(
        self,
        component: str,
        script: str,
        sources: Files,
        *,
        parameters: Files | None = None,
        secrets: Sequence[Files] = (),
    ) -> Process:
        mounts = [volumes.mounted("scripts", SCRIPTS, [sources])]
        if parameters:
            mounts.append(volumes.mounted("parameters", paths.PARAMETERS_DIR, [parameters]))
        return Process(
            component=component,
            command=["sh", f"{SCRIPTS}/{script}"],
            size=self._instance.stack.sizing.jobs,
            secrets=secrets,
            mounts=mounts,
        )

    def _job(self, site: Site, process: Process, after: Sequence[pulumi.Resource]) -> Job:
        settings: SettingsFiles = self._settings[site.name]
        pod = django.pod(site, self._instance, settings, self._args.storage, process)
        return job(
            process.component,
            self._instance.scope,
            once(pod, self._instance),
            pulumi.ResourceOptions(parent=self, depends_on=list(after)),
            deadline_minutes=MIGRATION_MINUTES,
        )


def once(pod: Pod, instance: Instance) -> Pod:
    """The pod as a Job's: it ends, and runs again for another release."""
    return replace(pod, restart="Never", annotations={"openedx.org/release": instance.stack.release})
