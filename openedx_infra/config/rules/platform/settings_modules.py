"""Rules on files of Python settings: they are Python, keep the program's own settings, and hold no secret.

They are read here, before anything is registered, so that a wrong one is a fault of the configuration and not
of a pod.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from openedx_infra.config.checkout_files import FileFault, read_text
from openedx_infra.config.computed_settings import EXTENDED_LISTS, EXTENDED_MAPS, MANAGED_SETTINGS
from openedx_infra.config.errors.key_paths import Location, key_of
from openedx_infra.config.secrets.plain_secrets import secret_named
from openedx_infra.config.secrets.secrets_in_python import PlainSecret, plain_secrets_of
from openedx_infra.config.stack import Stack

MOST_BYTES = 256 * 1024
"""Bytes of each file at most. A ConfigMap takes 1 MiB, and holds two of them beside the program's own
settings, which have some 60 KiB."""

_FEATURES = "FEATURES"


@dataclass(frozen=True, kw_only=True)
class SettingsModule:
    """A file of Python settings that a stack names."""

    section: str
    """Whose settings they are: `common`, `lms` or `studio`."""
    path: str
    """Where it is, as the stack file has it."""

    @property
    def location(self) -> Location:
        """Where the stack file names it."""
        return ("settings", "modules", self.section)

    def text(self) -> str:
        """Its text. Raises FileFault where it can't be read."""
        return read_text(self.path)


def named(stack: Stack) -> tuple[SettingsModule, ...]:
    """The files of Python settings that a stack names, in the order in which they run."""
    modules = stack.settings.modules
    paths = {"common": modules.common, "lms": modules.lms, "studio": modules.studio}
    return tuple(SettingsModule(section=section, path=path) for section, path in paths.items() if path)


def problems(stack: Stack) -> list[str]:
    """One line for each fault of each file."""
    return [
        f"{key_of(module.location)}: {text}"
        for module in named(stack)
        for text in module_faults(module, stack.name)
    ]


def module_faults(module: SettingsModule, stack: str) -> list[str]:
    """What is wrong with one file."""
    try:
        text = module.text()
    except FileFault as error:
        return [str(error)]
    size = len(text.encode())
    if size > MOST_BYTES:
        rule = f"{size:,} bytes, and a ConfigMap has room for {MOST_BYTES:,}"
        return [f"{module.path} has {rule}: put code into a package of the image, and import it here"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, module.path)
            compile(tree, module.path, "exec")
    except (SyntaxError, ValueError, RecursionError) as error:
        return [_no_python(module.path, error)]
    return [*_taken(tree, module), *(_secret(each, module, stack) for each in plain_secrets_of(text))]


def _no_python(path: str, error: Exception) -> str:
    line, message = getattr(error, "lineno", None), getattr(error, "msg", str(error))
    ours = ".".join(str(part) for part in sys.version_info[:2])
    return f"{path}{f', line {line}' if line else ''}: {message}: write what Python {ours} reads"


def _taken(tree: ast.Module, module: SettingsModule) -> Iterator[str]:
    """What the file would take from the instance: settings that the program writes, replaced whole."""
    for line, name in _replaced(tree):
        source = _source(name)
        if source is None:
            continue
        way = f"change it in place, as `{name}[…] = …` or `{name} += […]` do"
        if name == _FEATURES:
            way = "set the flag itself, as `ENABLE_TEAMS = True` does"
        elif name in MANAGED_SETTINGS:
            way = f"leave it out, or {way}"
        what = f"replaces {name}, which is written by this program from {source}"
        yield f"{module.path}, line {line}: {what}: {way}"


def _source(name: str) -> str | None:
    """What the program writes a setting from. None: it leaves that to the operator."""
    ours = EXTENDED_MAPS.get(name)
    return MANAGED_SETTINGS.get(name) or EXTENDED_LISTS.get(name) or (ours.source if ours else None)


def _replaced(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Names that statements of a module replace or delete, but for those whose new value is made of the old
    one. Functions and classes have names of their own."""
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(each, ast.Assign | ast.AnnAssign | ast.Delete):
            value = None if isinstance(each, ast.Delete) else each.value
            old = {inner.id for inner in ast.walk(value) if isinstance(inner, ast.Name)} if value else set()
            targets = [each.target] if isinstance(each, ast.AnnAssign) else each.targets
            yield from (
                (each.lineno, name) for target in targets for name in _names(target) if name not in old
            )
        yield from _replaced(each)


def _names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from _names(each)
    elif (
        isinstance(target, ast.Subscript)
        and isinstance(target.value, ast.Name)
        and target.value.id == _FEATURES
    ):
        yield _FEATURES


def _secret(found: PlainSecret, module: SettingsModule, stack: str) -> str:
    setting = found.name if found.name and found.name.isupper() else "NAME"
    secret = secret_named(setting) if setting != "NAME" else "NAME"
    what = f"{found.name} {found.what}, and stands here" if found.name else f"{found.what}"
    return (
        f"{module.path}, line {found.line}: {what} in plain, in a ConfigMap: run `openedx-infra secrets set "
        f"{secret} --stack {stack}`, write `{setting}: {{secret: {secret}}}` under "
        f"{key_of(('settings', module.section))}, and use {setting} here"
    )
