"""The duty that retires accounts: its command, its script and its configuration."""

from __future__ import annotations

import pulumi

from openedx_infra import scripts
from openedx_infra.components.instance import Instance
from openedx_infra.config.sections.parts.retirement import RETIREMENT_SECRET
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import dump
from openedx_infra.settings.parts.retirement import configuration

_FOLDER = "/openedx/retirement"
_SCRIPT, _CONFIGURATION = "retire.py", "config.yml"

RETIRE = ("python", f"{_FOLDER}/{_SCRIPT}", f"{_FOLDER}/{_CONFIGURATION}")
"""What the duty runs, in edx-platform's folder."""


def retirement_mounts(instance: Instance, parent: pulumi.Resource) -> list[Mount]:
    """The folder with the script and its configuration, which has the client's secret. Both have fixed names:
    a run that begins during a roll-out finds them."""
    opts = pulumi.ResourceOptions(parent=parent)
    stack = instance.stack
    names = (RETIREMENT_SECRET, *(key for _, keys in stack.retirement.buckets.values() for key in keys))
    secrets = pulumi.Output.all(**{name: instance.secrets[name] for name in names})
    script = {_SCRIPT: scripts.text(_SCRIPT)}
    config = {_CONFIGURATION: secrets.apply(lambda values: dump(configuration(stack, values)))}
    shown = [
        files.current_plain("retirement-script", instance.scope, script, opts),
        files.current_secret("retirement-config", instance.scope, config, opts),
    ]
    return [volumes.mounted("retirement", _FOLDER, shown)]
