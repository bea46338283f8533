"""The release of the databases, noted on the namespace when `destroy` deletes the Jobs that tell it.

The namespace stays as long as there are volumes in it, and with it the note; also where the state is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from openedx_infra.operations.cluster.connection import answering

if TYPE_CHECKING:
    from lightkube import Client

FIELD_MANAGER = "openedx-infra"
"""As whom the note is written: Pulumi's provider leaves the fields of others alone."""
ANNOTATION = "openedx.org/database-release"
"""Annotation of a namespace: the releases, each after a comma but the first, whose migrations ran on its
databases when the instance was last destroyed."""


def write(client: Client | None, namespace: str, releases: Iterable[str]) -> None:
    """Note releases on a namespace, if there are any, and if it exists.

    Raises OperationError when the cluster doesn't answer, or refuses.
    """
    text = ",".join(sorted(set(releases)))
    if client is None or not text:
        return
    from lightkube import ApiError
    from lightkube.resources.core_v1 import Namespace

    note = {"metadata": {"annotations": {ANNOTATION: text}}}
    with answering(remedy="see that you may change the namespace, then run the command again"):
        try:
            client.patch(Namespace, namespace, note, field_manager=FIELD_MANAGER)
        except ApiError as error:
            if error.status.code != HTTPStatus.NOT_FOUND:
                raise


def read(client: Client | None, namespace: str) -> list[str]:
    """The releases that are noted on a namespace; none where nothing is noted, or there is no namespace.

    Raises OperationError when the cluster doesn't answer, or refuses.
    """
    if client is None:
        return []
    from lightkube import ApiError
    from lightkube.resources.core_v1 import Namespace

    with answering():
        try:
            metadata = client.get(Namespace, namespace).metadata
        except ApiError as error:
            if error.status.code == HTTPStatus.NOT_FOUND:
                return []
            raise
    text = ((metadata and metadata.annotations) or {}).get(ANNOTATION, "")
    return text.split(",") if text else []
