"""Types of the labels of Kubernetes objects."""

from __future__ import annotations

from typing import Annotated

from openedx_infra.config.types.patterns import Pattern

LabelKey = Annotated[
    str,
    Pattern(
        "label",
        r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?",
        "at most 63 letters, digits, dots, hyphens and underscores, perhaps after a domain and a slash",
        "app.kubernetes.io/name",
    ),
]
"""Key of a label of Kubernetes."""

LabelValue = Annotated[
    str,
    Pattern(
        "value of a label",
        r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?",
        "at most 63 letters, digits, dots, hyphens and underscores, with a letter or digit at both ends",
        "prometheus",
    ),
]
"""Value of a label of Kubernetes."""
