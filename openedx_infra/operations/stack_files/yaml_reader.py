"""Reads YAML that people wrote: whatever is wrong with it becomes one sentence with its line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.reader import ReaderError

DEEPEST = 50
"""Levels of lists and maps within each other. A guess: the deepest objects of Kubernetes have a dozen."""
MOST_VALUES = 100_000
"""Values that a file may stand for once its anchors are written out. A guess: large files have thousands, and
nine lines of anchors that name each other make millions, which held `check` for 40 s."""


class YamlProblem(Exception):
    """What is wrong with a file, as a sentence that begins with its name."""


def load(path: Path) -> Any:
    """The content of a YAML file. Raises YamlProblem when it is none, OSError when it can't be read."""
    text = _text(path)
    reader = YAML(typ="safe", pure=True)
    reader.Composer = _Composer
    reader.Constructor = _Constructor
    try:
        content = reader.load(text)
    except ReaderError as error:
        line = _line(text, error.position)
        raise YamlProblem(
            f"{path.name}, line {line}: has a character that YAML forbids (#x{error.character:04x}): "
            "remove it"
        ) from error
    except MarkedYAMLError as error:
        raise YamlProblem(f"{path.name}{_explained(error)}") from error
    _require_bounded(content, path)
    return content


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YamlProblem(
            f"{path.name}, line {line}: is not UTF-8 (byte 0x{content[error.start]:02x}): save the file as "
            "UTF-8"
        ) from error


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _explained(error: MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f", line {mark.line + 1}, column {mark.column + 1}: " if mark else ": "
    problem = error.problem or error.context or "can't be read"
    if isinstance(error, _Problem):
        return f"{where}{problem}"
    hint = next((hint for part, hint in _HINTS if part in problem), "")
    return f"{where}no valid YAML: {problem}{hint}"


_HINTS = (
    ("'\\t'", ": indent by spaces, never by tabs"),
    ("expected <block end>", ": keys of one map begin in one column, those within it further right"),
    ("mapping values are not allowed", ": put text with a colon and a space in it in quotes"),
    ("undefined alias", ": put text that begins with * in quotes"),
    ("could not determine a constructor", ": put text that begins with ! in quotes, and leave out tags"),
    ("duplicate key", ": write everything under one of them"),
)


class _Problem(MarkedYAMLError):
    """A problem whose sentence is ours."""


class _TooDeep(_Problem, ComposerError):
    """Lists and maps that stand too deep within each other."""


class _BadValue(_Problem, ConstructorError):
    """A value that its own tag can't take."""


class _Composer(Composer):
    """A composer that stops before Python's stack does: each level takes several of its frames."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """One node, and all within it."""
        self._depth += 1
        if self._depth > DEEPEST:
            mark = self.parser.peek_event().start_mark
            problem = f"more than {DEEPEST} lists and maps stand within each other: write it flatter"
            raise _TooDeep(None, None, problem, mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _Constructor(SafeConstructor):
    """A constructor that tells by its line which value its type can't take, such as the date 2020-13-45."""


def _construct(name: str, original: Callable[[Any, Any], Any] | None) -> Callable[[Any, ScalarNode], Any]:
    def construct(self: _Constructor, node: ScalarNode) -> Any:
        if original is not None and len(node.value) <= LONGEST[name]:
            try:
                return original(self, node)
            except (ValueError, ArithmeticError, LookupError, TypeError, MarkedYAMLError):
                pass  # what it says is about Python's types
        raise _BadValue(None, None, _refusal(name, node.value), node.start_mark)

    return construct


def _refusal(name: str, text: str) -> str:
    if len(text) > LONGEST[name]:
        return f"a number of {len(text)} digits can't be passed on: put it in quotes if it is text"
    return f'"{text}" is no {name}: put it in quotes, without a tag, if it is text'


LONGEST = defaultdict(lambda: 1_000_000, int=400)
"""Characters of a value by its type. Longer numbers are none of Pulumi's; Python refuses 4,300 digits."""

for _name in ("int", "float", "timestamp", "bool", "null", "binary"):
    _tag = f"tag:yaml.org,2002:{_name}"
    _Constructor.add_constructor(_tag, _construct(_name, SafeConstructor.yaml_constructors[_tag]))
for _name in ("merge", "value"):
    _Constructor.add_constructor(f"tag:yaml.org,2002:{_name}", _construct(_name, None))


def _require_bounded(content: Any, path: Path) -> None:
    """Refuse a file whose anchors stand for more than anybody can read. Each list is counted once."""
    sizes: dict[int, int] = {}

    def size(value: Any) -> int:
        if not isinstance(value, dict | list):
            return 1
        inner = value.values() if isinstance(value, dict) else value
        if id(value) not in sizes:
            sizes[id(value)] = 1  # what contains itself is told by the configuration's own rules
            sizes[id(value)] = 1 + sum(size(each) for each in inner)
        return sizes[id(value)]

    if (total := size(content)) > MOST_VALUES:
        raise YamlProblem(
            f"{path.name}: its anchors (`&name`, `*name`) make {total:,} values of it, and at most "
            f"{MOST_VALUES:,} are read: write out what you need"
        )
