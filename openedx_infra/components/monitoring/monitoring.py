"""Component of monitoring: exporters, ServiceMonitors, alert rules and dashboards."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi

from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.instance import Instance
from openedx_infra.components.monitoring.exporters import Exporter, exporters
from openedx_infra.components.network.destinations import of_store
from openedx_infra.components.network.prometheus import prometheus
from openedx_infra.kubernetes import monitors, workload
from openedx_infra.kubernetes.names import Scope
from openedx_infra.kubernetes.network_policies import Flow, Group, NetworkPolicies
from openedx_infra.monitoring.alerts import rules
from openedx_infra.monitoring.dashboards import dashboards
from openedx_infra.monitoring.facts import MonitoringFacts, monitoring_facts
from openedx_infra.services.of_stack import companions
from openedx_infra.settings import keys


class Monitoring(pulumi.ComponentResource):
    """What Prometheus and Grafana are given. Nothing waits for it."""

    def __init__(
        self,
        name: str,
        instance: Instance,
        stores: Datastores,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("openedx:index:Monitoring", name, None, opts)
        self._instance, self._opts = instance, pulumi.ResourceOptions(parent=self)
        stack, scope = instance.stack, instance.scope
        facts = monitoring_facts(stack, keys.key_prefix(stack))
        all_exporters = exporters(instance, stores, facts, self)
        for exporter in all_exporters:
            self._run(exporter, scope)
        self._allow(all_exporters)
        self._watch_services()
        monitors.rules("openedx", scope, rules(facts), stack.monitoring.labels, self._opts)
        if stack.monitoring.grafana:
            self._show(facts, scope)
        self.register_outputs({})

    def _run(self, exporter: Exporter, scope: Scope) -> None:
        labels = self._instance.stack.monitoring.labels
        workload.service(exporter.name, scope, exporter.pod, self._opts)
        workload.deployment(exporter.name, scope, exporter.pod, self._opts, replicas=1)
        monitors.service_monitor(exporter.name, scope, "tcp", labels, self._opts)

    def _watch_services(self) -> None:
        """Prometheus fetches the metrics that companion services have. Their own policies let it in."""
        labels, scope = self._instance.stack.monitoring.labels, self._instance.scope
        for companion in companions(self._instance.stack):
            for process in companion.parts.processes:
                if process.metrics is not None and process.port is not None:
                    name = companion.component(process)
                    monitors.service_monitor(name, scope, "tcp", labels, self._opts, path=process.metrics)

    def _show(self, facts: MonitoringFacts, scope: Scope) -> None:
        for name, dashboard in dashboards(facts).items():
            text = json.dumps(dashboard.document(), indent=1, sort_keys=True)
            monitors.dashboard(name, scope, text, self._opts)

    def _allow(self, all_exporters: Sequence[Exporter]) -> None:
        """Prometheus reaches the exporters, and they reach the servers that they ask."""
        policies = NetworkPolicies(scope=self._instance.scope, opts=self._opts)
        clients = [prometheus(self._instance.stack)]
        flows = []
        for exporter in all_exporters:
            group = policies.software(exporter.name)
            flows.append(Flow(clients=clients, server=group, port=exporter.port))
            if exporter.asks.pods is None:
                to = of_store(self._instance.stack, exporter.store, exporter.asks)
                policies.allow_egress(f"{exporter.name}-asks", group, exporter.asks.ports, to)
                continue
            server = Group(name=f"{exporter.name}-asks", labels=exporter.asks.pods)
            flows += [Flow(clients=[group], server=server, port=port) for port in exporter.asks.ports]
        policies.allow_flows(flows)
