"""The whole graph that the program registers, recorded without engine, cluster or network."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_project, get_root_resource, get_stack, reset_options
from pulumi.runtime.stack import run_pulumi_func

from openedx_infra.config import PROJECT, BaseStack
from openedx_infra.operations.offline.simulated_aws import PACKAGE, answer, physical
from openedx_infra.operations.offline.simulated_references import Answers, plausible

REDACTED = "[secret]"
"""What stands for a secret value."""
_SUFFIX = "-00000000"
"""What Pulumi would make up to complete a name; here it is the same for all, so that two recordings
compare."""
_DIGEST = f"sha256:{0:064}"
"""Digest of every image that would be built: a recording builds none."""
_SECRET_MARK, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
_ROOT = "pulumi:pulumi:Stack"
_REFERENCE = "pulumi:pulumi:StackReference"
_SPECIAL = ("apiVersion", "kind", "metadata")


@dataclass(frozen=True, kw_only=True)
class Registered:
    """One resource as the program registered it."""

    urn: str
    type: str
    name: str
    parent: str
    """URN of its parent."""
    props: dict[str, Any]
    """Its inputs, as the engine would get them: secrets are marked."""
    protect: bool
    retain_on_delete: bool
    depends_on: tuple[str, ...]
    """URNs of all resources that must be ready before it, whether named or implied by its inputs."""
    provider: str
    """Reference of its provider, empty for the default one."""
    providers: Mapping[str, str]
    """References of the providers that a component gives to its children, by package."""
    aliases: tuple[str, ...]
    custom_timeouts: Mapping[str, str]
    """Timeouts that were set, such as `{"create": "15m"}`."""
    replacement_trigger: Any
    delete_before_replace: bool
    ignore_changes: tuple[str, ...]
    custom: bool
    """False for components, which exist in the state alone."""

    @property
    def is_object(self) -> bool:
        """Whether it is a Kubernetes object; a chart is not, though it consists of some, nor is a patch,
        which says some fields of an object once more."""
        return self.custom and self.type.startswith("kubernetes:") and not self.type.endswith("Patch")

    @property
    def kind(self) -> str:
        """Kind of the Kubernetes object; of everything else its whole type, as there is an Ingress of
        either sort."""
        return self.type.rpartition(":")[2] if self.is_object else self.type


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Everything that the program registered, in the order of registration, and what it exported."""

    resources: list[Registered] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    """Its outputs, secret ones covered."""
    secret_outputs: dict[str, Any] = field(default_factory=dict)
    """Its secret outputs in plain."""

    def objects(self, *, reveal_secrets: bool = False) -> list[dict[str, Any]]:
        """The Kubernetes objects, complete; data of Secrets and other secret values only when asked for."""
        return [
            self.object(resource, reveal_secrets=reveal_secrets)
            for resource in self.resources
            if resource.is_object
        ]

    def object(self, resource: Registered, *, reveal_secrets: bool = False) -> dict[str, Any]:
        """One registered Kubernetes object, complete."""
        props = _uncovered(resource.props) if reveal_secrets else _covered(resource.props)
        named = _named(resource.name, props)
        rest = {key: value for key, value in named.items() if key not in _SPECIAL}
        return {key: named[key] for key in _SPECIAL} | rest


class RecordingMonitor(mocks.MockMonitor):
    """A monitor that keeps the requests themselves: Pulumi's own mocks are not told of protection, order
    or parents."""

    def __init__(self, answers: Answers, preview: bool) -> None:
        super().__init__(_Echo(answers, preview))
        self.recorded: list[Registered] = []

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The URN that the engine would give: Pulumi's own mocks shorten the types of its ancestors to
        one."""
        ancestors = parent.split("::")[2] if parent else _ROOT
        qualified = type_ if ancestors == _ROOT else f"{ancestors}${type_}"
        return "::".join([f"urn:pulumi:{get_stack()}", get_project(), qualified, name])

    def RegisterResource(self, request: Any) -> Any:
        """Keeps what is registered, and answers as an engine would."""
        answer: Callable[[Any], Any] = super().RegisterResource
        response = _as_declared(self.make_urn, request) or answer(request)
        if request.type != _ROOT:
            self.recorded.append(_registered(response.urn, request))
        return response


def _as_declared(urn_of: Callable[[str, str, str], str], request: Any) -> Any:
    """The answer to a Kubernetes object or a component: its own message, as rewriting it takes time."""
    of_kubernetes = request.custom and request.type.startswith("kubernetes:")
    if request.type in (_ROOT, _REFERENCE) or (request.custom and not of_kubernetes):
        return None
    urn = urn_of(request.parent, request.type, request.name)
    answer = resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
    if of_kubernetes:
        answer.id = f"{request.name}-id"
        metadata = answer.object.get_or_create_struct("metadata")
        if "name" not in metadata:
            metadata["name"] = f"{request.name}{_SUFFIX}"
    return answer


class _Echo(mocks.Mocks):
    """Every resource becomes what it was declared to be; objects without a name get one."""

    def __init__(self, answers: Answers, preview: bool) -> None:
        self._answers = answers
        self._preview = preview

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == _REFERENCE:
            return args.resource_id, self._answers.of(str(args.resource_id))
        if not args.custom:
            return None, args.inputs
        if args.typ.startswith("kubernetes:"):
            return f"{args.name}-id", _named(args.name, args.inputs)
        if args.typ.startswith(PACKAGE):
            return self._on_aws(args)
        return f"{args.name}-id", {**args.inputs, **_pushed(args.typ, args.inputs)}

    def _on_aws(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """What AWS would answer; in a preview, what is known before it is asked."""
        if self._preview:
            return None, {**args.inputs, **physical(args.typ, args.name, args.inputs)}
        reply = answer(args.typ, args.name, args.inputs)
        return reply.id, {**args.inputs, **reply.outputs}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise NotImplementedError(
            f"{args.token}: the graph is a function of the configuration: it asks nobody"
        )


def record(
    stack: BaseStack, secrets: Mapping[str, str], *, preview: bool = False, answers: Answers | None = None
) -> Graph:
    """What the program registers for a stack, with `preview` as in `pulumi preview`, else as in `pulumi
    up`. `answers` are the outputs of stacks that it refers to; by default plausible ones."""
    from stacks.program import deploy  # `stacks` may import all rooms, and nobody imports it but its callers

    def program() -> None:
        deploy(stack, {name: pulumi.Output.secret(value) for name, value in secrets.items()})

    return record_program(program, stack.name, preview=preview, answers=answers or plausible(stack))


def record_program(
    program: Callable[[], None], stack: str, *, preview: bool = False, answers: Answers | None = None
) -> Graph:
    """What any program registers. Raises what the program raises."""
    return contextvars.copy_context().run(_record, program, stack, preview, answers or Answers())


def _record(program: Callable[[], None], stack: str, preview: bool, answers: Answers) -> Graph:
    monitor = RecordingMonitor(answers, preview)
    loop = asyncio.new_event_loop()
    # Pulumi leaves the futures behind a failed registration unread; the failure itself is raised below.
    loop.set_exception_handler(lambda _loop, _context: None)
    asyncio.set_event_loop(loop)
    try:
        reset_options(project=PROJECT, stack=stack, preview=preview)
        mocks.set_mocks(monitor.mocks, project=PROJECT, stack=stack, preview=preview, monitor=monitor)
        with _short_stack_traces():
            loop.run_until_complete(run_pulumi_func(program))
        outputs, secret = loop.run_until_complete(_exported())
    finally:
        reset_options()
        loop.close()
        asyncio.set_event_loop(None)
    return Graph(resources=monitor.recorded, outputs=outputs, secret_outputs=secret)


@contextmanager
def _short_stack_traces() -> Iterator[None]:
    """Stack traces of one frame: Pulumi sends a whole one with each resource, which takes a tenth of the time
    of a recording, and none is kept. Exceptions keep theirs."""
    before = getattr(sys, "tracebacklimit", 1000)  # 1000 is Python's default
    sys.tracebacklimit = 1
    try:
        yield
    finally:
        sys.tracebacklimit = before


async def _exported() -> tuple[dict[str, Any], dict[str, Any]]:
    """What was exported, secrets covered, and the secrets among it in plain."""
    root = get_root_resource()
    exported: Mapping[str, Any] = getattr(root, "outputs", {})
    plain: dict[str, Any] = {}
    secret: dict[str, Any] = {}
    for name, value in exported.items():
        output = pulumi.Output.from_input(value)
        (secret if await output.is_secret() else plain)[name] = await output.future()
    return {**plain, **{name: _covered_whole(value) for name, value in secret.items()}}, secret


def _registered(urn: str, request: Any) -> Registered:
    timeouts = {
        action: getattr(request.customTimeouts, action)
        for action in ("create", "update", "delete")
        if getattr(request.customTimeouts, action)
    }
    return Registered(
        urn=urn,
        type=request.type,
        name=request.name,
        parent=request.parent,
        props=rpc.deserialize_properties(request.object, keep_unknowns=True),
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        depends_on=tuple(sorted(request.dependencies)),
        provider=request.provider,
        providers=dict(request.providers),
        aliases=tuple(str(alias.urn or alias.spec.name) for alias in request.aliases),
        custom_timeouts=timeouts,
        replacement_trigger=rpc.deserialize_property(request.replacement_trigger)
        if request.HasField("replacement_trigger")
        else None,
        delete_before_replace=request.deleteBeforeReplace,
        ignore_changes=tuple(request.ignoreChanges),
        custom=request.custom,
    )


def _named(name: str, props: Mapping[str, Any]) -> dict[str, Any]:
    metadata = dict(props.get("metadata") or {})
    metadata.setdefault("name", f"{name}{_SUFFIX}")
    return {**props, "metadata": metadata}


def _pushed(type_: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a registry would answer to an image that was pushed."""
    if type_ == "docker-build:index:Image":
        return {"digest": _DIGEST, "ref": f"{inputs['tags'][0]}@{_DIGEST}"}
    return {"ref": f"{inputs['tag']}@{_DIGEST}"} if type_ == "docker-build:index:Index" else {}


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get(_SECRET_MARK) == _SECRET


def _covered(value: Any) -> Any:
    """The value with all secrets in it replaced, key by key where it is a map."""
    if _is_secret(value):
        return _covered_whole(value["value"])
    if isinstance(value, dict):
        return {key: _covered(inner) for key, inner in value.items()}
    return [_covered(inner) for inner in value] if isinstance(value, list) else value


def _covered_whole(inner: Any) -> Any:
    return {key: REDACTED for key in inner} if isinstance(inner, Mapping) else REDACTED


def _uncovered(value: Any) -> Any:
    """The value with the marks of secrets taken off."""
    if _is_secret(value):
        return _uncovered(value["value"])
    if isinstance(value, dict):
        return {key: _uncovered(inner) for key, inner in value.items()}
    return [_uncovered(inner) for inner in value] if isinstance(value, list) else value
