"""Stack files, read and checked for all that can be checked without decrypting them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from openedx_infra.config import PROJECT, SECRETS_KEY, BaseStack, ConfigError, Stack, describe
from openedx_infra.config.load import Examination, examine
from openedx_infra.config.renamed_keys import reading as renamed
from openedx_infra.config.secrets.catalogue import BY_NAME, NAMES, is_known
from openedx_infra.config.secrets.references import names_in
from openedx_infra.config.stack_kinds import INSTANCE, kind_in, missing, missing_at_least
from openedx_infra.config.types.secret_references import SECRET_NAME
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import config_size, yaml_reader
from openedx_infra.operations.stack_files.checkout import stack_file_path, stack_names
from openedx_infra.operations.stack_files.yaml_reader import YamlProblem

NAMESPACES = (PROJECT, "kubernetes", "pulumi", "aws")
"""Whose keys a stack file may hold."""

_LIST = "`openedx-infra secrets list` shows those that exist"

_TOP_LEVEL = ("config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment")


@dataclass(frozen=True, kw_only=True)
class StackFile:
    """A stack file as it lies there."""

    name: str
    """Name of the stack."""
    path: Path
    content: Mapping[str, Any]

    @property
    def config(self) -> Mapping[str, Any]:
        """What stands under `config:`, by full key."""
        config = self.content.get("config")
        return config if isinstance(config, Mapping) else {}

    @property
    def values(self) -> dict[str, Any]:
        """The program's own keys, without their namespace; renamed ones by their new names."""
        kind = kind_in(self.written_values)
        return dict(renamed.read(self.written_values, kind.name) if kind else self.written_values)

    @property
    def written_values(self) -> dict[str, Any]:
        """The same by the names that the file has."""
        prefix = f"{PROJECT}:"
        return {
            str(key)[len(prefix) :]: value
            for key, value in self.config.items()
            if str(key).startswith(prefix)
        }

    @property
    def secrets(self) -> dict[str, str]:
        """The encrypted secrets, by name."""
        secrets = self.values.get(SECRETS_KEY)
        items = secrets.items() if isinstance(secrets, Mapping) else ()
        return {str(name): value["secure"] for name, value in items if _is_secure(value)}

    @property
    def local(self) -> bool:
        """Whether the file names no cluster: the stack then runs in the embedded one of this checkout.

        A foundation on AWS may need no cluster at all, and is never local.
        """
        cluster = self.values.get("cluster")
        named = isinstance(cluster, Mapping) and cluster.get("context")
        return not named and (kind_in(self.values) is INSTANCE or not self.values.get("aws"))

    def problems(self) -> Iterator[str]:
        """What is wrong with the file's form and its secrets, one line each."""
        for key in self.content:
            if key not in _TOP_LEVEL:
                yield f"{key}: no key of a stack file: indent it under `config:`, as `{PROJECT}:…`"
        if not isinstance(self.content.get("config", {}), Mapping):
            yield "config: not a map of keys"
        above = None
        for key, value in self.config.items():
            namespace, colon, name = str(key).rpartition(":")
            if colon and namespace in NAMESPACES:
                above = key if value is None else None
            elif above and not colon:
                yield f"{key}: stands beside `{above}`, which is empty: indent it, so that it stands within"
            else:
                yield f"{key}: nobody reads this key: write `{PROJECT}:{name}` if it is the program's"
        yield from self._secret_problems()
        yield from config_size.problems(self.config)

    def _secret_problems(self) -> Iterator[str]:
        secrets = self.values.get(SECRETS_KEY, {})
        if not isinstance(secrets, Mapping) or _is_secure(secrets):
            yield f"{PROJECT}:{SECRETS_KEY}: not a map: each secret stands under its own name"
            return
        for name, value in secrets.items():
            key = f"{PROJECT}:{SECRETS_KEY}.{name}"
            if fault := self.name_fault(str(name)):
                yield f"{key}: {fault}"
            elif not _is_secure(value):
                known = BY_NAME.get(str(name))
                makes = known is not None and known.make is not None
                command = "secrets generate" if makes else f"secrets set {name}"
                yield (
                    f"{key}: stands there in plain text: remove it, assume it has leaked, and run "
                    f"`openedx-infra {command} --stack {self.name}`"
                )

    def name_fault(self, name: str) -> str | None:
        """Why no secret may have this name; None if one may.

        Those of this program exist in every stack; an instance may have others, to which its file refers.
        """
        if is_known(name):
            return None
        if kind_in(self.values) is not INSTANCE:
            return f"no secret of this program; {_similar(name, 0.6) or _LIST}"
        try:
            SECRET_NAME.check(name)
        except ValueError as error:
            return f'the name "{name}" {error}'
        if name not in self.referenced and (hint := _similar(name, 0.9)):
            return f"no secret of this program, and nothing refers to it; {hint}"
        return None

    @property
    def referenced(self) -> frozenset[str]:
        """Names of secrets that the file refers to by `{secret: NAME}`."""
        return names_in({key: value for key, value in self.values.items() if key != SECRETS_KEY})


def _similar(name: str, likeness: float) -> str | None:
    near = get_close_matches(name, NAMES, n=1, cutoff=likeness)
    return f"did you mean `{near[0]}`?" if near else None


def read(name: str, path: Path | None = None) -> StackFile:
    """Read the file of a stack: the checkout's own, or another one.

    Raises OperationError when there is none or it can't be read, ConfigError when it is no YAML map.
    """
    path = path or stack_file_path(name)
    try:
        content = yaml_reader.load(path)
    except FileNotFoundError:
        names = ", ".join(stack_names()) or "none"
        raise OperationError(
            f"There is no stack {name}: {path} does not exist.",
            remedy=f"name one that has a file ({names}), or write it: `openedx-infra init --stack {name}`",
        ) from None
    except OSError as error:
        raise OperationError(
            f"{path} can't be read: {error.strerror or error}.", remedy="look at its owner and mode"
        ) from error
    except YamlProblem as error:
        raise ConfigError(name, [str(error)]) from error
    if content is None:
        content = {}
    if not isinstance(content, Mapping):
        raise ConfigError(name, [f"{path.name}: not a map of keys"])
    return StackFile(name=name, path=path, content=content)


def examined(file: StackFile) -> Examination:
    """All that is wrong with a stack file, its secrets left aside, and what can be judged in spite of it."""
    found = examine(file.name, file.values)
    return replace(found, problems=(*file.problems(), *found.problems))


def validated(file: StackFile, *, secrets: bool = False, placeholders: bool = False) -> BaseStack:
    """The configuration that a stack file describes, of whatever kind the stack is.

    With `secrets`, one that the stack needs and the file lacks is an error too; with `placeholders`, CHANGEME
    is let through. Raises ConfigError with every fault.
    """
    problems = list(file.problems())
    stack = None
    try:
        stack = describe(file.name, file.values, placeholders=placeholders)
    except ConfigError as error:
        problems += error.problems
    if secrets:
        problems += missing_secrets(file, stack)
    if stack is None or problems:
        raise ConfigError(file.name, problems)
    return stack


def instance(file: StackFile, *, placeholders: bool = False) -> Stack:
    """The same of an instance. Raises OperationError for a stack of another kind."""
    stack = validated(file, placeholders=placeholders)
    if isinstance(stack, Stack):
        return stack
    raise OperationError(
        f"Stack {file.name} is a {stack.kind}, and this command is for instances of Open edX.",
        remedy="name an instance by --stack",
    )


def missing_secrets(file: StackFile, stack: BaseStack | None) -> list[str]:
    """One line for each missing secret; for a faulty configuration, of those that every such stack needs."""
    if stack is not None:
        return missing(stack, set(file.secrets))
    return missing_at_least(file.name, file.values, set(file.secrets))


def _is_secure(value: Any) -> bool:
    return isinstance(value, Mapping) and list(value) == ["secure"]
