"""The table of renamed keys, newest last. Rows stay for `migrate-config` when the former key is refused."""

from __future__ import annotations

from typing import Any

from openedx_infra.config.renamed_keys.renamed_key import RenamedKey


def _of_the_cluster(name: Any) -> Any:
    return {"source": "cluster-issuer", "name": name}


RENAMED_KEYS: tuple[RenamedKey, ...] = (
    RenamedKey(
        old=("site", "tls", "cluster_issuer"),
        new=("site", "tls", "issuer"),
        since=(0, 1),
        value=_of_the_cluster,
        how="{source: cluster-issuer, name: NAME}",
    ),
)
"""All of them."""
