"""The public Python interface: an instance and the verbs on it, for programs that run Open edX for others.

Its names keep their meaning within a major version of this program.
"""

from openedx_infra.automation.instance import Instance, OnEvent
from openedx_infra.config import ConfigError
from openedx_infra.config.outputs import InstanceOutputs
from openedx_infra.operations.backups.backup import Backup
from openedx_infra.operations.cluster.health import Row
from openedx_infra.operations.drift.status import Report as Health
from openedx_infra.operations.engine.events import Event, Failed, Finished, Message, Outputs, Started, Summary
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.offline.check import Report as Checked
from openedx_infra.operations.plan.change_summary import ChangeSummary as Change

__all__ = [
    "Backup",
    "Change",
    "Checked",
    "ConfigError",
    "Event",
    "Failed",
    "Finished",
    "Health",
    "Instance",
    "InstanceOutputs",
    "Message",
    "OnEvent",
    "OperationError",
    "Outputs",
    "Row",
    "Started",
    "Summary",
]
