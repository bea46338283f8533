"""What must have run before the platform may serve?

Databases, users, migrations, set-up: Jobs in a strict order.

A Job runs again when its own input changed: its image, its script, its parameters, the passwords that it
sets, the search server whose indexes it makes. The settings of the platform are no such input: the Jobs read
them from objects of fixed names, which change in place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi
from pulumi_kubernetes.batch.v1 import Job

from openedx_infra import scripts
from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.edx_platform.process import Process, pod
from openedx_infra.components.edx_platform.sites import LMS, STUDIO, Rendered, SettingsFiles, Site, keep
from openedx_infra.components.initialization.migration_check import migration_check
from openedx_infra.components.initialization.preflight import preflight
from openedx_infra.components.initialization.provisioning import SCRIPTS, Provisioning
from openedx_infra.components.instance import Instance
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.job import job
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import paths

SETUP_MINUTES = 60
"""Patience with one site's set-up: filling the search indexes of a large site takes longest. A guess."""

Before = Callable[
    [Sequence[pulumi.Resource], Mapping[str, pulumi.Input[str]], pulumi.Resource], Sequence[pulumi.Resource]
]
"""Makes what migrations wait for: given what that comes after, annotations that change when migrations are to
run again, and its parent."""


@dataclass(frozen=True, kw_only=True)
class InitializationArgs:
    """What initialization needs."""

    instance: Instance
    datastores: Datastores
    settings: Mapping[str, Rendered]
    """The settings of each site, by its name."""
    after: Sequence[pulumi.Resource] | None = None
    """What must have run before, for a version whose databases another one has. None: they are made here."""
    backup: Before | None = None
    """Makes the backup that is taken before migrations. None: there is none."""


class Initialization(pulumi.ComponentResource):
    """The Jobs that make databases, users, tables and everything that must be in them."""

    def __init__(
        self, name: str, args: InitializationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("openedx:index:Initialization", name, None, opts)
        self._args, self._scope = args, args.instance.scope
        self._own, self._suffix = pulumi.ResourceOptions(parent=self), args.instance.stack.suffix
        self.settings = {site.name: self._keep(site) for site in (LMS, STUDIO)}
        """Settings of the Jobs, by site, under names that stay the same."""
        databases, search = self._databases() if args.after is None else (args.after, [])
        # Migrations write to both databases, use the cache, and some enqueue tasks.
        servers = [*databases, *args.datastores.broker.ready, *args.datastores.cache.ready]
        check = migration_check(args.instance, self.settings, args.datastores.storage, self)
        lms_migrate = self._migrate("lms-migrate", LMS, [*servers, *self._backed_up(databases), check])
        studio_migrate = self._migrate("studio-migrate", STUDIO, [lms_migrate])
        lms_setup = self._set_up_lms([studio_migrate, *search])
        self.done = self._run("studio-setup", STUDIO, [lms_setup], again_for=self._search())
        """The Job after which everything else may start. It comes after all others."""
        self.register_outputs({})

    def _databases(self) -> tuple[Sequence[pulumi.Resource], Sequence[pulumi.Resource]]:
        """What makes databases, users and buckets; and what makes search keys."""
        instance, stores = self._args.instance, self._args.datastores
        first = preflight(instance, stores, self)
        provision = Provisioning(instance=instance, datastores=stores, parent=self, first=first)
        return [*provision.mysql(), *provision.mongodb(), *provision.storage()], provision.search()

    def _keep(self, site: Site) -> SettingsFiles:
        return keep(
            f"{site.name}-job{self._suffix}",
            self._args.settings[site.name],
            self._scope,
            self._own,
            plain=files.current_plain,
            secret=files.current_secret,
        )

    def _backed_up(self, databases: Sequence[pulumi.Resource]) -> Sequence[pulumi.Resource]:
        """The backup before migrations of any version, which is taken again when these run again."""
        if self._args.backup is None:
            return []
        instance = self._args.instance
        others = [f"{each.release} {each.image('openedx')}" for each in instance.stack.versions[1:]]
        images = pulumi.Output.from_input(instance.reference("openedx")).apply(
            lambda own: "; ".join([own, *others])
        )
        return self._args.backup(databases, {**self._why, "openedx.org/images": images}, self)

    @property
    def _why(self) -> dict[str, pulumi.Input[str]]:
        """What all Jobs of the platform run again for, beside their image and script."""
        return {"openedx.org/release": self._args.instance.stack.release}

    def _migrate(self, name: str, site: Site, after: Sequence[pulumi.Resource]) -> Job:
        """The migrations of a site. They wait for others', so that no two run at once."""
        said = self._args.instance.stack.migrations
        env = {"LOCK_SECONDS": str(said.lock_minutes * 60)}
        return self._run(name, site, after, beside=["migrate.py"], env=env, minutes=said.minutes)

    def _set_up_lms(self, after: Sequence[pulumi.Resource]) -> Job:
        """Studio's OAuth client, flags, switches, site and theme."""
        instance = self._args.instance
        text = json.dumps(scripts.setup_parameters(instance.stack), indent=1, sort_keys=True)
        parameters = files.plain(
            f"lms-setup-parameters{self._suffix}", self._scope, {"setup.json": text}, self._own
        )
        client = {"studio_oauth2_secret": instance.secrets["studio_oauth2_secret"]}
        secret = files.secret(f"lms-setup-secrets{self._suffix}", self._scope, client, self._own)
        mount = volumes.mounted("parameters", paths.PARAMETERS_DIR, [parameters])
        return self._run("lms-setup", LMS, after, mounts=[mount], secrets=[secret], again_for=self._search())

    def _search(self) -> Mapping[str, pulumi.Input[str]]:
        """The search server: another one has no indexes yet, which both set-ups make and fill."""
        connection = pulumi.Output.from_input(self._args.datastores.search.connection)
        return {"openedx.org/search": connection.apply(lambda known: f"{known.engine} {known.url}")}

    def _run(
        self,
        name: str,
        site: Site,
        after: Sequence[pulumi.Resource],
        *,
        mounts: Sequence[Mount] = (),
        secrets: Sequence[Files] = (),
        again_for: Mapping[str, pulumi.Input[str]] | None = None,
        beside: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        minutes: int = SETUP_MINUTES,
    ) -> Job:
        """A Job of the platform's image that runs the script of its name, with the scripts `beside` it, and
        again for another release, or when one of the values in `again_for` changes."""
        stem = name.replace("-", "_")
        names = [file for file in scripts.NAMES if file.startswith(f"{stem}.")]
        texts = {file: scripts.text(file) for file in [*names, *beside]}
        source = files.plain(f"{name}-script{self._suffix}", self._scope, texts, self._own)
        instance = self._args.instance
        process = Process(
            component=f"{name}{self._suffix}",
            command=["sh", f"{SCRIPTS}/{stem}.sh"],
            size=instance.stack.sizing.jobs,
            env=env,
            secrets=secrets,
            mounts=[volumes.mounted("scripts", SCRIPTS, [source]), *mounts],
        )
        once = pod(site, instance, self.settings[site.name], self._args.datastores.storage, process)
        once = replace(once, restart="Never", annotations={**self._why, **(again_for or {})})
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(after))
        return job(process.component, self._scope, once, opts, deadline_minutes=minutes)
