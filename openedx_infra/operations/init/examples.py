"""The example stack files of the checkout, which are what `init` writes for these answers.

`python -m openedx_infra.operations.init.examples` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openedx_infra.operations.init.answers import K3S_KUBECONFIG, LOCAL_HOST, Answers, hosts_under
from openedx_infra.operations.init.text import stack_text
from openedx_infra.operations.stack_files.checkout import CHECKOUT

_UNDECIDED: Mapping[str, Any] = {
    "name": "CHANGEME",
    "lms_host": "learn.CHANGEME.example.org",
    "studio_host": "studio.CHANGEME.example.org",
    "mfe_host": "apps.CHANGEME.example.org",
    "search_host": "search.CHANGEME.example.org",
    "email": "contact@CHANGEME.example.org",
    "tls": "cert-manager",
}
_MAIL: Mapping[str, Any] = {"smtp_host": "smtp.CHANGEME.example.org", "smtp_user": "CHANGEME"}

EXAMPLES: Mapping[str, Answers] = {
    "docs/examples/Pulumi.evaluation.yaml": Answers(
        situation="evaluation",
        stack="evaluation",
        name="Open edX on trial",
        lms_host=LOCAL_HOST,
        **hosts_under(LOCAL_HOST),
        email=f"contact@{LOCAL_HOST}",
        tls="none",
        context="default",
        kubeconfig=K3S_KUBECONFIG,
    ),
    "docs/examples/Pulumi.server.yaml": Answers(
        situation="server",
        stack="campus",
        context="default",
        kubeconfig=K3S_KUBECONFIG,
        backup_bucket="CHANGEME-backups",
        backup_endpoint="https://s3.CHANGEME.example.org",
        **_UNDECIDED,
        **_MAIL,
    ),
    "docs/examples/Pulumi.nodes.yaml": Answers(
        situation="nodes", stack="campus", context="CHANGEME", **_UNDECIDED, **_MAIL
    ),
    "Pulumi.prod.yaml": Answers(situation="aws", stack="prod", context="CHANGEME", **_UNDECIDED),
}
"""Each example by its path in the checkout."""


def main() -> None:
    """Write the examples."""
    for path, answers in EXAMPLES.items():
        (CHECKOUT / Path(path)).write_text(stack_text(answers), encoding="utf-8")


if __name__ == "__main__":
    main()
