"""Component of the Jobs before the platform: databases, users, migrations, set-up, in a strict order.

A Job runs again when its own input changed: its image, its script, its parameters, the passwords that it
sets, the search server whose indexes it makes, and the settings that it acts on (`settings/job_inputs.py`).
Other settings of the platform are no input: the Jobs read them from objects of fixed names, which change in
place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from openedx_infra import scripts
from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.edx_platform.platform_pod import platform_container, platform_pod
from openedx_infra.components.edx_platform.sites import (
    LMS,
    STUDIO,
    SettingsFiles,
    SettingsTexts,
    Site,
    store_settings,
)
from openedx_infra.components.initialization.migration_check import migration_check
from openedx_infra.components.initialization.preflight import preflight
from openedx_infra.components.initialization.provisioning import SCRIPTS, Provisioning
from openedx_infra.components.instance import Instance
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.job import job
from openedx_infra.kubernetes.models import Job
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import paths
from openedx_infra.settings.job_inputs import migration_inputs, setup_inputs
from openedx_infra.settings.parts.event_sinks import routers

SETUP_MINUTES = 60
"""Patience with one site's set-up: filling the search indexes of a large site takes longest. A guess."""

PreMigrationStep = Callable[
    [Sequence[pulumi.Resource], Mapping[str, pulumi.Input[str]], pulumi.Resource], Sequence[pulumi.Resource]
]
"""Registers what migrations wait for. Its arguments: what it waits for itself, annotations that change when
migrations are to run again, and its parent."""


@dataclass(frozen=True, kw_only=True)
class InitializationArgs:
    """What initialization needs."""

    instance: Instance
    datastores: Datastores
    settings: Mapping[str, SettingsTexts]
    """The settings of each site, by its name."""
    after: Sequence[pulumi.Resource] | None = None
    """What must have run before, for a version whose databases another one has. None: they are made here."""
    first: Sequence[pulumi.Resource] = ()
    """What migrations wait for beside datastores: objects of the operator's own."""
    backup: PreMigrationStep | None = None
    """Makes the backup that is taken before migrations. None: there is none."""


class Initialization(pulumi.ComponentResource):
    """The Jobs that make databases, users, tables and everything that must be in them."""

    def __init__(
        self, name: str, args: InitializationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("openedx:index:Initialization", name, None, opts)
        self._args, self._scope = args, args.instance.scope
        self._opts, self._suffix = pulumi.ResourceOptions(parent=self), args.instance.stack.suffix
        self.settings = {site.name: self._store_settings(site) for site in (LMS, STUDIO)}
        """Settings of the Jobs, by site, under names that stay the same."""
        databases, search = self._databases() if args.after is None else (args.after, [])
        # Migrations write to both databases, use the cache, and some enqueue tasks.
        servers = [*databases, *args.datastores.broker.ready, *args.datastores.cache.ready, *args.first]
        check = migration_check(args.instance, self.settings, args.datastores.storage, self)
        lms_migrate = self._migrate(LMS, [*servers, *self._back_up(databases), check])
        studio_migrate = self._migrate(STUDIO, [lms_migrate])
        lms_setup = self._set_up_lms([studio_migrate, *search])
        self.done = self._job(
            "studio-setup",
            STUDIO,
            ["studio_setup.sh", "studio_setup.py"],
            [lms_setup],
            rerun_on={**self._search(), **self._settings_of("studio-setup", STUDIO)},
            env={"STUDIO_INDEX": json.dumps(args.instance.stack.pinned_release.studio_index)},
        )
        """The Job after which everything else may start. It comes after all others."""
        self.register_outputs({})

    def _databases(self) -> tuple[Sequence[pulumi.Resource], Sequence[pulumi.Resource]]:
        """What makes databases, users and buckets; and what makes search keys."""
        instance, stores = self._args.instance, self._args.datastores
        first = preflight(instance, stores, self)
        provision = Provisioning(instance=instance, datastores=stores, parent=self, first=first)
        return [*provision.mysql(), *provision.mongodb(), *provision.storage()], provision.search()

    def _store_settings(self, site: Site) -> SettingsFiles:
        return store_settings(
            f"{site.name}-job{self._suffix}",
            self._args.settings[site.name],
            self._scope,
            self._opts,
            plain=files.current_plain,
            secret=files.current_secret,
        )

    def _back_up(self, databases: Sequence[pulumi.Resource]) -> Sequence[pulumi.Resource]:
        """The backup before migrations of any version, which is taken again when these run again."""
        if self._args.backup is None:
            return []
        instance = self._args.instance
        others = [f"{each.release} {each.image('openedx')}" for each in instance.stack.versions[1:]]
        images = pulumi.Output.from_input(instance.reference("openedx")).apply(
            lambda reference: "; ".join([reference, *others])
        )
        rerun_on = {**self._rerun_annotations, **self._apps, "openedx.org/images": images}
        return self._args.backup(databases, rerun_on, self)

    @property
    def _rerun_annotations(self) -> dict[str, pulumi.Input[str]]:
        """Annotations whose change makes every Job of the platform run again, as its image and script do."""
        return {"openedx.org/release": self._args.instance.stack.release}

    def _migrate(self, site: Site, after: Sequence[pulumi.Resource]) -> Job:
        """The migrations of a site. They wait for others', so that no two run at once."""
        migrations = self._args.instance.stack.migrations
        return self._job(
            f"{site.name}-migrate",
            site,
            [f"{site.name}_migrate.sh", "migrate.py"],
            after,
            rerun_on=self._apps,
            env={"LOCK_SECONDS": str(migrations.lock_minutes * 60)},
            minutes=migrations.minutes,
        )

    def _set_up_lms(self, after: Sequence[pulumi.Resource]) -> Job:
        """OAuth clients, flags, switches, site and theme."""
        instance = self._args.instance
        text = json.dumps(scripts.setup_parameters(instance.stack), indent=1, sort_keys=True)
        parameters = files.plain(
            f"lms-setup-parameters{self._suffix}", self._scope, {"setup.json": text}, self._opts
        )
        rows = [*scripts.clients(instance.stack), *routers(instance.stack)]
        names = ["studio_oauth2_secret", *(each["secret"] for each in rows)]
        values = {name: instance.secrets[name] for name in names if name}
        secret = files.secret(f"lms-setup-secrets{self._suffix}", self._scope, values, self._opts)
        mount = volumes.mounted("parameters", paths.PARAMETERS_DIR, [parameters])
        return self._job(
            "lms-setup",
            LMS,
            [
                "lms_setup.sh",
                "lms_setup.py",
                scripts.PLATFORM_USERS,
                scripts.EVENT_ROUTERS,
                scripts.LMS_SETUP_MODELS,
            ],
            after,
            mounts=[mount],
            secrets=[secret],
            rerun_on={**self._search(), **self._settings_of("lms-setup", LMS)},
        )

    @property
    def _apps(self) -> Mapping[str, str]:
        """What decides which Django apps there are, and so which tables. Nothing, where the stack file leaves
        that to the release."""
        text = migration_inputs(self._args.instance.stack)
        return {"openedx.org/apps": text} if text else {}

    def _settings_of(self, job: str, site: Site) -> Mapping[str, str]:
        """The settings of the stack file that a set-up acts on."""
        text = setup_inputs(self._args.instance.stack, site.variant, job)
        return {"openedx.org/settings": text} if text else {}

    def _search(self) -> Mapping[str, pulumi.Input[str]]:
        """The search server: another one has no indexes yet, which both set-ups make and fill."""
        connection = pulumi.Output.from_input(self._args.datastores.search.connection)
        return {"openedx.org/search": connection.apply(lambda search: search.identity)}

    def _job(
        self,
        name: str,
        site: Site,
        script_names: Sequence[str],
        after: Sequence[pulumi.Resource],
        *,
        mounts: Sequence[Mount] = (),
        secrets: Sequence[Files] = (),
        rerun_on: Mapping[str, pulumi.Input[str]] | None = None,
        env: Mapping[str, str] | None = None,
        minutes: int = SETUP_MINUTES,
    ) -> Job:
        """A Job of the platform's image that runs the first of these scripts, with the others beside it; and
        again for another release, or when one of the values in `rerun_on` changes."""
        args, component = self._args, f"{name}{self._suffix}"
        texts = {script: scripts.text(script) for script in script_names}
        source = files.plain(f"{name}-script{self._suffix}", self._scope, texts, self._opts)
        container = platform_container(
            site,
            args.instance,
            self.settings[site.name],
            args.datastores.storage,
            command=["sh", f"{SCRIPTS}/{script_names[0]}"],
            size=args.instance.stack.sizing.jobs,
            env=env,
            secrets=secrets,
            mounts=[volumes.mounted("scripts", SCRIPTS, [source]), *mounts],
        )
        pod = platform_pod(component, container, args.instance, args.datastores.storage)
        annotations = {**self._rerun_annotations, **(rerun_on or {}), **pod.annotations}
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(after))
        pod = replace(pod, restart="Never", annotations=annotations)
        return job(component, self._scope, pod, opts, deadline_minutes=minutes)
