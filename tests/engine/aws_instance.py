"""An instance on AWS, seen from outside: its stack file, commands on it, and what the cloud has."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import yaml
from checkouts import ORIGIN
from instances import Instance
from simulated_aws.cloud import DIRECTORY, Cloud
from simulated_aws.provider import PACE

from tools.control_plane import CONTEXT

PLUGIN = ORIGIN / "tests" / "simulated_aws" / "bin"
SECONDS_A_MINUTE = "0.25"
"""A database that takes AWS twelve minutes takes three seconds."""


class OnAws(Instance):
    """An instance, and the cloud that it is on."""

    @property
    def cloud(self) -> Cloud:
        return Cloud(Path(self.environment[DIRECTORY]))

    def datastores(self, **changes: Any) -> None:
        """Change keys of datastores: `mysql={"instance_class": …}`, or `protect=False`."""
        said = yaml.safe_load(self.file.read_text())["config"]["openedx:datastores"]
        for name, change in changes.items():
            said[name] = {**said[name], **change} if isinstance(change, dict) else change
        self.say(datastores=said)

    def plan(self, *words: str) -> dict[str, str]:
        """What a preview would do, by URN; what stays as it is left out."""
        said = self.pulumi("preview", "--json", "--config-file", str(self.file), *words)
        assert said.code == 0, said.text
        steps = json.loads(said.out[said.out.index("{") :])["steps"]
        return {step["urn"]: step["op"] for step in steps if step["op"] not in ("same", "refresh")}

    def ids(self) -> set[str]:
        """What AWS has."""
        return {f"{each.type} {each.id}" for each in self.cloud.resources()}

    def secrets(self) -> dict[str, str]:
        """The values of its secrets."""
        said = self.pulumi("config", "--show-secrets", "--json", "--config-file", str(self.file))
        assert said.code == 0, said.text
        known: dict[str, str] = json.loads(said.out)["openedx:secrets"]["objectValue"]
        return known


def before_anything(dev: Instance, name: str, said: dict[str, Any]) -> OnAws:
    """An instance that is only a stack file with secrets yet, and a cloud of its own."""
    folder = dev.checkout.machine / name
    folder.mkdir()
    instance = OnAws(
        checkout=dev.checkout,
        name=name,
        file=folder / f"Pulumi.{name}.yaml",
        kubeconfig=dev.kubeconfig,
        environment={
            "PULUMI_CONFIG_PASSPHRASE": "of the operator's own",
            "PATH": f"{PLUGIN}{os.pathsep}{os.environ['PATH']}",
            DIRECTORY: str(folder / "cloud"),
            PACE: SECONDS_A_MINUTE,
        },
    )
    instance.say(**{**said, "cluster": {"context": CONTEXT, "kubeconfig": str(dev.kubeconfig)}})
    instance.run("secrets", "generate")
    return instance
