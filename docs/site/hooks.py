"""What differs between a page on the site and in the repository: links that leave docs/ lead there."""

from __future__ import annotations

import os
import re
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Any

_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<path>\.\./[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
_ANCHOR = re.compile(r'^(#+) <a id="(?P<id>\w+)"></a>(?P<title>(?P=id))$', re.MULTILINE | re.IGNORECASE)
"""An anchor before a heading that has the same one."""
_FENCE = re.compile(r"(^ *```.*?^ *```)", re.MULTILINE | re.DOTALL)


def on_config(config: Any) -> None:
    """Called by MkDocs first: a site whose repository is not known has no links for editing."""
    if not config.repo_url:
        config.edit_uri = None


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: object) -> str:
    """Called by MkDocs for every page."""
    folder = PurePosixPath(page.file.src_uri).parent
    repository = (config.repo_url or "").rstrip("/")
    parts = _FENCE.split(markdown)
    parts[::2] = [
        _LINK.sub(lambda link: in_repository(link, folder, repository), part) for part in parts[::2]
    ]
    return _ANCHOR.sub(r"\1 \g<title>", "".join(parts))


def in_repository(link: re.Match[str], folder: PurePosixPath, repository: str) -> str:
    """A link of a page in a folder of docs/ as Markdown: unchanged if it stays there, to the repository if it
    leaves, and the path as text where no repository is known."""
    path = normpath(f"docs/{folder}/{link['path']}")
    if path.startswith("docs/"):
        return link[0]
    if not repository:
        return f"{link['text']} (`{path}`)"
    version = os.environ.get("DOCS_REF", "main")
    return f"[{link['text']}]({repository}/blob/{version}/{path}{link['anchor'] or ''})"
