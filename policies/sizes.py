"""Sizes of objects that a cluster can store."""

from __future__ import annotations

from collections.abc import Iterator

from policies.objects import Object, texts

MOST_BYTES = 1_048_576
"""Bytes of the data of one ConfigMap or Secret, as Kubernetes limits them."""


def storable(obj: Object) -> Iterator[str]:
    """A ConfigMap or Secret larger than this is refused by the API server, in the middle of an `up`."""
    if obj.get("kind") not in ("ConfigMap", "Secret"):
        return
    data = [obj.get(key) or {} for key in ("data", "stringData", "binaryData")]
    size = sum(len(text.encode()) for part in data for text in texts(part))
    if size > MOST_BYTES:
        yield f"holds {size:,} bytes, and Kubernetes takes {MOST_BYTES:,}: shorten the settings behind it"
