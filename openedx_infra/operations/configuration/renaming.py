"""Renames keys in the text of a stack file, with their values and comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark
from ruamel.yaml.tokens import CommentToken

from openedx_infra.config import PROJECT
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.renamed_keys.reading import FormerKey, at


def rename(config: CommentedMap, found: Sequence[FormerKey]) -> None:
    """Rename former keys under `config:`; those whose new key is there, too, stay as they are."""
    for each in found:
        if not each.doubled:
            _rename(config, each)


def _rename(config: CommentedMap, each: FormerKey) -> None:
    old, new = _full(each.old), _full(each.new)
    holder = at(config, old[:-1])
    value = _with_form(each.row.value(holder[old[-1]]))
    if old[:-1] == new[:-1]:
        _replace(holder, old[-1], new[-1], value)
        return
    below = _cut_below(holder, old[-1])
    above, below = _remove(config, old, below)
    target, key, value = _place(config, new, value)
    last = next(reversed(target), None)
    below = (_cut_below(target, last) if last is not None else "") + below
    target[key] = value
    if above:
        target.fa.set_block_style()
        _put_above(target, key, above)
    _put_below(target, key, below)


def _full(location: Location) -> Location:
    return (f"{PROJECT}:{location[0]}", *location[1:])


def _with_form(value: Any) -> Any:
    """A map that the table's row made, on one line: what it holds keeps its own form."""
    if type(value) is not dict:
        return value
    result = CommentedMap(value)
    if not any(isinstance(inner, Mapping | list) for inner in value.values()):
        result.fa.set_flow_style()
    return result


def _replace(holder: CommentedMap, old: Any, new: Any, value: Any) -> None:
    """Put a key and its value in the place of another, with its comments."""
    comment = holder.ca.items.get(old)
    position = list(holder).index(old)
    del holder[old]
    holder.ca.items.pop(old, None)
    holder.insert(position, new, value)
    if comment is not None:
        holder.ca.items[new] = comment


def _remove(config: CommentedMap, location: Location, below: str) -> tuple[list[str], str]:
    """Remove a key, and the maps that had nothing else.

    Returns the comments that belonged to what is removed, and those below it that found no other place.
    """
    above: list[CommentToken] = []
    *path, last = location
    holder = at(config, tuple(path))
    while True:
        keys = list(holder)
        index = keys.index(last)
        above = [*_tokens(holder.ca.items.pop(last, None)), *above]
        del holder[last]
        if len(keys) > 1 or not path:
            break
        above = [*_tokens(holder.ca.comment), *above]
        last = path.pop()
        holder = at(config, tuple(path))
    texts = [text for token in _different(above) for text in _lines(token.value)]
    if index:
        rest, own = _split(_cut_below(holder, keys[index - 1]))
        texts = [*_lines(own), *texts]
        _put_below(holder, keys[index - 1], rest + below)
    elif len(keys) > 1:
        _put_above(holder, keys[1], _lines(below))
    else:
        return texts, below
    return texts, ""


def _place(config: CommentedMap, location: Location, value: Any) -> tuple[CommentedMap, Any, Any]:
    """The map that a location's value goes to, its key there, and the value within maps that were missing."""
    holder = config
    for depth, part in enumerate(location[:-1]):
        inner = holder.get(part)
        if inner is None:
            for missing in reversed(location[depth + 1 :]):
                value = CommentedMap({missing: value})
            if part in holder:  # without a value
                del holder[part]
            return holder, part, value
        holder = inner
    return holder, location[-1], value


def _tokens(found: Any) -> list[CommentToken]:
    """The comments in what ruamel keeps beside a key."""
    if isinstance(found, CommentToken):
        return [found]
    return [token for each in found or () for token in _tokens(each)]


def _different(tokens: Sequence[CommentToken]) -> Iterator[CommentToken]:
    """Each once: ruamel keeps one beside a key also with the map that is its value."""
    yield from {id(token): token for token in tokens}.values()


def _split(text: str) -> tuple[str, str]:
    """Lines of comments above a key: those after the last empty line are its own."""
    lines = text.splitlines(keepends=True)
    blank = [number for number, line in enumerate(lines, 1) if not line.strip()]
    own = blank[-1] if blank else 0
    return "".join(lines[:own]), "".join(lines[own:])


def _lines(text: str) -> list[str]:
    return [line.strip().removeprefix("#").strip() for line in text.splitlines() if line.strip()]


def _leaf(holder: Any, key: Any) -> tuple[Any, Any]:
    """Where the comments below a value hang: at the last value in it."""
    value = holder[key]
    while isinstance(value, CommentedMap | CommentedSeq) and value and not value.fa.flow_style():
        holder, key = value, list(value)[-1] if isinstance(value, CommentedMap) else len(value) - 1
        value = holder[key]
    return holder, key


def _token(holder: Any, key: Any) -> CommentToken | None:
    items = holder.ca.items.get(key)
    place = 2 if isinstance(holder, CommentedMap) else 0
    token = items[place] if items and len(items) > place else None
    return token if isinstance(token, CommentToken) else None


def _cut_below(holder: Any, key: Any) -> str:
    """Take the lines of comments below a value, and leave the comment beside it."""
    token = _token(*_leaf(holder, key))
    if token is None:
        return ""
    beside, newline, below = token.value.partition("\n")
    token.value = beside + newline
    return str(below)


def _put_below(holder: Any, key: Any, text: str) -> None:
    """Add lines of comments below a value."""
    if not text:
        return
    holder, key = _leaf(holder, key)
    token = _token(holder, key)
    if token is not None:
        token.value = token.value.removesuffix("\n") + "\n" + text
        return
    token = CommentToken("\n" + text, CommentMark(0), None)
    if isinstance(holder, CommentedMap):
        holder.ca.items.setdefault(key, [None, None, None, None])[2] = token
    else:
        holder.ca.items[key] = [token, None]


def _put_above(holder: CommentedMap, key: Any, texts: Sequence[str]) -> None:
    """Add lines of comments above a key."""
    if texts:
        column = next(_columns(holder), 2)
        holder.yaml_set_comment_before_after_key(key, before="\n".join(texts), indent=column)


def _columns(holder: CommentedMap) -> Iterator[int]:
    """Columns of the keys that have one: not of those that were added."""
    for key in holder:
        try:
            yield int(holder.lc.key(key)[1])
        except (KeyError, TypeError):
            continue
