"""Component of a companion service: everything that its object in `services/` says, in its order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from openedx_infra import scripts
from openedx_infra.components.backups.service_files import ServiceFiles
from openedx_infra.components.companions.buckets import stored
from openedx_infra.components.companions.mounts import mounts, scratch
from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.initialization.provisioning import Provisioning
from openedx_infra.components.instance import Instance
from openedx_infra.components.services import data_claim, run
from openedx_infra.components.users import WHY
from openedx_infra.components.web_proxy import companion_uses_it, environment
from openedx_infra.config.sections.duties import resolved
from openedx_infra.config.services.buckets import kind
from openedx_infra.config.sizing.sizing import Resources
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.job import cron_job, job
from openedx_infra.kubernetes.models import Job
from openedx_infra.kubernetes.pod import Container, Pod
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.services import of_stack
from openedx_infra.services.companion import SCRIPTS, Process, ServiceDuty, ServiceJob
from openedx_infra.services.service import DataVolume


@dataclass(frozen=True, kw_only=True)
class CompanionArgs:
    """What a companion service needs."""

    companion: of_stack.Companion
    instance: Instance
    datastores: Datastores
    after: Sequence[pulumi.Resource]
    """What must be done before anything of it: the platform's set-up, which makes its OAuth clients."""
    running: bool = True
    """Whether it is on. Otherwise only what holds its data is registered."""


class Companion(pulumi.ComponentResource):
    """A companion service: databases and users, its Jobs one after the other, then its processes; and its
    duties."""

    def __init__(self, args: CompanionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Companion", args.companion.name, None, opts)
        self._args, self._companion, self._instance = args, args.companion, args.instance
        self._opts = pulumi.ResourceOptions(parent=self)
        self.stored = stored(self._companion, self._instance, self, running=args.running)
        """Where it keeps files."""
        if args.running:
            self._run()
        else:
            self._keep_volumes()
        self.register_outputs({})

    @property
    def backed_up(self) -> list[ServiceFiles]:
        """Its files, for backups."""
        wanted = [each for each in self._companion.service.buckets if each.backup]
        mounts = {mount.volume.name: mount for mount in self.stored.mounts}
        return [
            ServiceFiles(kind=name, bucket=self.stored.names.get(each.name), mount=mounts.get(name))
            for each in wanted
            for name in [kind(self._companion.name, each)]
        ]

    def _run(self) -> None:
        args = self._args
        self._mounts = self._files()
        processes = self._companion.parts.processes
        ready: Sequence[pulumi.Resource] = [
            *args.after,
            *self._databases(),
            *self._buckets(),
            *self.stored.ready,
        ]
        ready = [*ready, *(self._process(each, ready) for each in processes if each.before_jobs)]
        for task in self._companion.parts.jobs:
            ready = [self._job(task, ready)]
        for each in processes:
            if not each.before_jobs:
                self._process(each, ready)
        self._duties(ready)

    def _keep_volumes(self) -> None:
        """Volumes of its processes, which outlive them."""
        for process in self._companion.parts.processes:
            for folder in self._companion.workload(process).folders:
                if isinstance(folder, DataVolume):
                    data_claim(self._companion.component(process), folder, self._instance, self)

    def _files(self, *, fixed: bool = False) -> list[Mount]:
        return mounts(
            self._companion,
            self._instance,
            self._args.datastores,
            self.stored.names,
            self._opts,
            fixed=fixed,
        )

    @property
    def _provision(self) -> Provisioning:
        return Provisioning(
            instance=self._instance,
            datastores=self._args.datastores,
            parent=self,
            first=self._args.after,
        )

    def _buckets(self) -> list[pulumi.Resource]:
        """Jobs that make its buckets on the instance's own S3 server."""
        name = self._companion.name
        if not self.stored.names:
            return []
        return [
            resource
            for bucket in self._companion.service.buckets
            for resource in self._provision.service_bucket(name, bucket)
        ]

    def _databases(self) -> list[pulumi.Resource]:
        provision, companion = self._provision, self._companion
        databases = companion.service.databases_of(self._instance.stack, companion.section)
        return [
            resource
            for number, database in enumerate(databases)
            for resource in provision.service_database(_numbered(companion.name, number), database)
        ]

    def _process(self, process: Process, after: Sequence[pulumi.Resource]) -> pulumi.Resource:
        workload = self._companion.workload(process)
        env = {**workload.env, **self._proxy}
        if process.image is not None:  # a server of its own, whose files are elsewhere
            folders = [*workload.folders, *scratch(process.scratch)]
            return run(replace(workload, folders=folders), self._instance, self, after=after)
        folders = [*workload.folders, *self._mounts, *self.stored.mounts]
        user = process.user or self.stored.user or workload.user
        return run(
            replace(workload, folders=folders, env=env, user=user),
            self._instance,
            self,
            after=after,
            service_account=self.stored.service_account,
            beside=self.stored.beside,
            image=self._image,
        )

    @property
    def _image(self) -> pulumi.Input[str]:
        """Reference of its image, with the digest of one that is built here."""
        return self._instance.built.get(f"services.{self._companion.name}", self._companion.image)

    @property
    def _proxy(self) -> Mapping[str, str]:
        """How its programs find the proxy, if they ask web servers outside."""
        stack = self._instance.stack
        return environment(stack) if companion_uses_it(stack, self._companion) else {}

    def _job(self, task: ServiceJob, after: Sequence[pulumi.Resource]) -> Job:
        name = f"{self._companion.name}-{task.name}"
        more: list[Mount] = []
        if task.scripts:
            texts = {script: scripts.text(script) for script in task.scripts}
            source = files.plain(f"{name}-script", self._instance.scope, texts, self._opts)
            more = [volumes.mounted("scripts", SCRIPTS, [source])]
        size = task.size or self._instance.stack.sizing.jobs
        container = self._container(task.command, size, [*self._mounts, *more], task.env)
        rerun_on = {f"openedx.org/{key}": value for key, value in task.rerun_on.items()}
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(after))
        pod = self._pod(name, container, rerun_on)
        return job(name, self._instance.scope, pod, opts, deadline_minutes=task.minutes)

    def _duties(self, after: Sequence[pulumi.Resource]) -> None:
        """CronJobs. Their files have fixed names: a run that begins during a roll-out finds them."""
        duties = self._companion.parts.duties
        if not duties or not self._instance.stack.duties.enabled:
            return
        fixed = self._files(fixed=True)
        for each in duties:
            self._duty(each, fixed, pulumi.ResourceOptions(parent=self, depends_on=list(after)))

    def _duty(self, duty: ServiceDuty, fixed: Sequence[Mount], opts: pulumi.ResourceOptions) -> None:
        stack, name = self._instance.stack, f"{self._companion.name}-{duty.name}"
        container = self._container(duty.command, duty.size or stack.sizing.duties, fixed, {})
        cron_job(
            name,
            self._instance.scope,
            replace(self._pod(name, container, {}), paused=stack.maintenance.pause),
            opts,
            schedule=resolved(duty.schedule, stack.name, name),
            deadline_minutes=duty.minutes,
            retries=duty.retries,
            time_zone=stack.site.time_zone,
        )

    def _container(
        self, command: Sequence[str], size: Resources, folders: Sequence[Mount], env: Mapping[str, str]
    ) -> Container:
        parts = self._companion.parts
        return Container(
            image=self._instance.pulled(self._image),
            size=size,
            command=command,
            env={**parts.env, **env, **self._proxy},
            working_dir=parts.working_dir,
            mounts=[*folders, *self.stored.mounts],
        )

    def _pod(self, component: str, container: Container, rerun_on: Mapping[str, str]) -> Pod:
        parts = self._companion.parts
        return Pod(
            component=component,
            software=self._companion.name,
            container=container,
            user=self.stored.user or parts.user,
            groups=parts.groups,
            service_account=self.stored.service_account,
            beside=self.stored.beside,
            restart="Never",
            annotations={**rerun_on, **({WHY: parts.exception} if parts.exception else {})},
        )


def _numbered(name: str, number: int) -> str:
    """Names of the Jobs of several databases: the first has none."""
    return f"{name}-{number + 1}" if number else name
