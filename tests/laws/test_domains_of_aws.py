"""The domain of AWS' main partition is written in one file: everybody else asks it for a region's."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
DOMAIN = "amazonaws" + ".com"
WRITTEN_IN = "openedx_infra/config/types/aws_regions.py"
IDENTIFIERS = {
    "openedx_infra/aws/iam.py": (
        "eks.amazonaws.com/role-arn",
        "pods.eks.amazonaws.com",
        "sts.amazonaws.com",
    ),
    "openedx_infra/aws/opensearch.py": ("opensearchservice.amazonaws.com",),
    "openedx_infra/config/sections/aws.py": ("oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D",),
    "openedx_infra/operations/prerequisites/room.py": ("eks.amazonaws.com",),
    "openedx_infra/operations/prerequisites/storage.py": ("ebs.csi.eks.amazonaws.com",),
}
"""Names that are the same in all partitions and lead nowhere (principals, labels, drivers), and examples."""


def test_no_other_file_writes_it() -> None:
    faults = []
    for folder in ("openedx_infra", "policies", "stacks", "tools"):
        for path in (ROOT / folder).rglob("*.py"):
            name, text = str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
            for allowed in sorted(IDENTIFIERS.get(name, ()), key=len, reverse=True):
                assert allowed in text, f"{name} has no {allowed} any more"
                text = text.replace(allowed, "")
            if DOMAIN in text and name != WRITTEN_IN:
                faults.append(name)
    assert faults == [], f"{faults}: take hosts of AWS from {WRITTEN_IN}"
