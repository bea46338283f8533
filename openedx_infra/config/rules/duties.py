"""Can the duties be done in this instance?"""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.stack import Stack


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    duties = stack.duties
    known = {name.replace("_", "-") for name in duties.known}
    for name in sorted(known & duties.extra.keys()):
        text = f"{name} is a duty that this program knows: choose another name"
        yield Conflict(("duties", "extra", name), text)
    search = stack.datastores.search
    engine = "opensearch" if search.source == "opensearch" else getattr(search, "engine", "meilisearch")
    if duties.reindex_studio.enabled and engine != "meilisearch":
        text = f"true needs Meilisearch, where Studio's index is, and this instance has {engine}: write false"
        yield Conflict(("duties", "reindex_studio", "enabled"), text, (("datastores", "search"),))
