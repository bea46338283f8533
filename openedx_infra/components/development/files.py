"""Files that pods of a development instance run beside the platform, in one ConfigMap."""

from __future__ import annotations

from pathlib import Path

import pulumi

from openedx_infra.kubernetes import files
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.names import Scope
from openedx_infra.scripts import development as scripts

_NAMES = ("sitecustomize.py", "supervise.py", "install_packages.py")


def development_files(scope: Scope, parent: pulumi.Resource) -> Files:
    """The ConfigMap, as files to mount."""
    folder = Path(scripts.__file__).parent
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in _NAMES}
    return files.plain("development", scope, texts, pulumi.ResourceOptions(parent=parent))
