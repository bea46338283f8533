"""Components of LMS and Studio, and their web pods: uWSGI, its probes, its Service, and how it drains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from openedx_infra import settings
from openedx_infra.components.datastores.store import FileStore
from openedx_infra.components.edx_platform.autoscaling import web_replicas
from openedx_infra.components.edx_platform.platform_pod import platform_container, platform_pod
from openedx_infra.components.edx_platform.sites import (
    LMS,
    STUDIO,
    SettingsFiles,
    SettingsTexts,
    Site,
    store_settings,
)
from openedx_infra.components.ingress.annotations import sticky_service
from openedx_infra.components.instance import WEB_PORT, Instance
from openedx_infra.kubernetes import files, probes, workload
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.pod import Pod
from openedx_infra.kubernetes.probes import Probes
from openedx_infra.settings import paths


@dataclass(frozen=True, kw_only=True)
class SiteArgs:
    """What the component of a site needs."""

    instance: Instance
    storage: FileStore
    settings: Mapping[str, SettingsTexts]
    """The settings of each site, by its name."""
    after: Sequence[pulumi.Resource]
    """What must be done before a pod of the site may start."""


class Lms(pulumi.ComponentResource):
    """The LMS: what learners see, and the API behind all MFEs."""

    def __init__(self, name: str, args: SiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Lms", name, None, opts)
        self.settings = _serve(LMS, args, self)
        """Its settings, which its workers share."""
        self.register_outputs({"url": args.instance.stack.site.lms_url})


class Studio(pulumi.ComponentResource):
    """Studio: where authors write courses."""

    def __init__(self, name: str, args: SiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Studio", name, None, opts)
        self.settings = _serve(STUDIO, args, self)
        """Its settings, which its workers share."""
        self.register_outputs({"url": args.instance.stack.site.studio_url})


def _serve(site: Site, args: SiteArgs, parent: pulumi.Resource) -> SettingsFiles:
    """A site's settings, its web pods and its Service. Returns the settings, which its workers share."""
    instance, scope = args.instance, args.instance.scope
    opts = pulumi.ResourceOptions(parent=parent)
    texts, site = args.settings[site.name], site.of(instance.stack)
    settings_files = store_settings(site.name, texts, scope, opts)
    ini = settings.uwsgi_ini(instance.stack, site.variant)
    uwsgi = files.plain(f"{site.name}-uwsgi", scope, {"uwsgi.ini": ini}, opts)
    pod = _pod(site, args, settings_files, uwsgi)
    sticky = sticky_service(instance.stack) if site.variant == STUDIO.variant else None
    workload.service(site.name, scope, pod, opts, sticky)
    workload.deployment(
        site.name,
        scope,
        pod,
        pulumi.ResourceOptions(parent=parent, depends_on=list(args.after)),
        replicas=web_replicas(site, instance, site.size(instance.stack)),
    )
    return settings_files


def _pod(site: Site, args: SiteArgs, settings_files: SettingsFiles, uwsgi: Files) -> Pod:
    """The pod that answers requests.

    It has started, and is ready, when /heartbeat says so, which asks MySQL and MongoDB. It is restarted only
    when its port takes no connection: an outage of a database takes its pods from the Service, but restarts
    none.
    """
    instance, stack = args.instance, args.instance.stack
    host = site.host(stack)
    container = platform_container(
        site,
        instance,
        settings_files,
        args.storage,
        command=["uwsgi", f"{paths.CONFIG_DIR}/uwsgi.ini"],
        size=site.size(stack),
        config=[uwsgi],
    )
    container = replace(
        container,
        port=WEB_PORT,
        probes=Probes(
            startup=probes.http("/heartbeat", WEB_PORT, host=host, every=10, failures=30),
            readiness=probes.http("/heartbeat", WEB_PORT, host=host, every=10, failures=3),
            liveness=probes.tcp(WEB_PORT, every=20, failures=6),
        ),
        # Proxies learn late that the pod leaves, and send those who come by a cookie until it is no longer
        # ready, which takes three probes: it serves 35 s more, then finishes what it has, at most for 75 s.
        drain_seconds=35,
        leaving=paths.LEAVING,
    )
    return platform_pod(site.name, container, instance, args.storage, grace_seconds=110, tracked=True)
