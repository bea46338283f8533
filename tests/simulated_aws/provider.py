"""The answers of the simulated AWS to the engine, by Pulumi's provider protocol."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from openedx_infra.operations.offline import simulated_aws
from simulated_aws import guards, planning, wire
from simulated_aws.cloud import Cloud, Resource
from simulated_aws.kinds import KINDS

VERSION = "7.51.1"
"""Version of Pulumi's provider that it stands for."""
PACE = "SIMULATED_AWS_PACE"
"""Variable with the seconds that stand for a minute of AWS'."""


class Aws(provider_pb2_grpc.ResourceProviderServicer):
    """One configured provider. What it does not implement (components, methods, schemas), gRPC refuses."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._pace = float(os.environ.get(PACE, "0"))
        self._region = simulated_aws.REGION

    # --- Introductions

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        before, after = (wire.plain(wire.read(each)) for each in (request.olds, request.news))
        moved = ["region"] if before.get("region") != after.get("region") else []
        return provider_pb2.DiffResponse(
            changes=_some(before != after), diffs=[] if before == after else [*moved, "tags"], replaces=moved
        )

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._region = str(wire.plain(wire.read(request.args)).get("region") or simulated_aws.REGION)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """What is under way may finish, as with AWS: a creation that was begun goes on."""
        return Empty()

    # --- Plans

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        type_, name = _type_and_name(request.urn)
        news = wire.read(request.news)
        wrong = planning.fault(type_, news)
        if wrong:
            failure = provider_pb2.CheckFailure(property=wrong[0], reason=wrong[1])
            return provider_pb2.CheckResponse(failures=[failure])
        inputs = planning.named(type_, name, wire.read(request.olds), news, request.randomSeed)
        return provider_pb2.CheckResponse(inputs=wire.write(inputs))

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        type_, _ = _type_and_name(request.urn)
        change = planning.change(type_, wire.read(request.old_inputs), wire.read(request.news))
        details = {
            key: provider_pb2.PropertyDiff(kind=_kind_of_change(key, change), inputDiff=True)
            for key in change.properties
        }
        return provider_pb2.DiffResponse(
            changes=_some(bool(change.properties)),
            diffs=change.properties,
            replaces=change.replacing,
            deleteBeforeReplace=change.delete_first,
            detailedDiff=details,
            hasDetailedDiff=True,
        )

    # --- Deeds

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        type_, name = _type_and_name(request.urn)
        inputs = wire.read(request.properties)
        # Two of the same name in the program, as in a replacement, are two in AWS.
        answer = simulated_aws.answer(
            type_, f"{name}-{secrets.token_hex(4)}", wire.plain(inputs), region=self._region
        )
        if request.preview:
            unknown = {key: wire.UNKNOWN for key in answer.outputs}
            return provider_pb2.CreateResponse(properties=wire.write({**unknown, **inputs}))
        with self._doing("create", request.urn, context):
            time.sleep(KINDS[type_].minutes * self._pace)
            resource = _resource(request.urn, answer.id, inputs, answer.outputs)
            self._cloud.put(resource)
        return provider_pb2.CreateResponse(id=resource.id, properties=_state(resource))

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        type_, _ = _type_and_name(request.urn)
        inputs = wire.read(request.news)
        known = wire.plain(wire.read(request.old_inputs)).keys()
        olds = wire.read(request.olds)
        outputs = {key: value for key, value in olds.items() if key not in known and key not in inputs}
        if request.preview:
            return provider_pb2.UpdateResponse(properties=wire.write({**outputs, **inputs}))
        with self._doing("update", request.urn, context):
            before = self._cloud.find(type_, request.id)
            if before is None:
                _refuse(context, f"{type_} {request.id} not found")
            resource = _resource(request.urn, request.id, inputs, before.outputs)
            self._cloud.put(resource)
        return provider_pb2.UpdateResponse(properties=_state(resource))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        type_, _ = _type_and_name(request.urn)
        with self._doing("delete", request.urn, context):
            resource = self._cloud.find(type_, request.id)
            reason = guards.refusal(self._cloud, resource) if resource else None
            if reason:
                _refuse(context, reason)
            if resource:
                guards.keep_snapshot(self._cloud, resource)
            self._cloud.remove(type_, request.id)
        return Empty()

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        type_, _ = _type_and_name(request.urn)
        with self._doing("read", request.urn, context):
            found = self._cloud.find(type_, request.id)
        if not found:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=found.id, properties=_state(found), inputs=wire.write(wire.sealed(found.inputs, found.secrets))
        )

    @contextmanager
    def _doing(self, verb: str, urn: str, context: grpc.ServicerContext) -> Iterator[None]:
        """Note a deed and its outcome, and fail where a test ordered it."""
        begin = time.time()
        try:
            ordered = self._cloud.failing(verb, urn, _type_and_name(urn)[0])
            if ordered:
                _refuse(context, ordered)
            yield
        except BaseException:
            self._cloud.note(verb, urn, begin, str(context.details() or "failed"))
            raise
        self._cloud.note(verb, urn, begin)


def _type_and_name(urn: str) -> tuple[str, str]:
    _, _, types, name = urn.split("::", 3)
    return types.rpartition("$")[2], name


def _resource(urn: str, id_: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Resource:
    return Resource(
        urn=urn,
        type=_type_and_name(urn)[0],
        id=id_,
        inputs=wire.plain(inputs),
        outputs=dict(outputs),
        secrets=[list(path) for path in wire.secret_paths(inputs)],
    )


def _state(resource: Resource) -> Any:
    inputs = {key: value for key, value in resource.inputs.items() if key != planning.DEFAULTED}
    return wire.write({**resource.outputs, **wire.sealed(inputs, resource.secrets)})


def _some(changed: bool) -> Any:
    response = provider_pb2.DiffResponse
    return response.DIFF_SOME if changed else response.DIFF_NONE


def _kind_of_change(key: str, change: planning.Change) -> Any:
    word = "ADD" if key in change.added else "DELETE" if key in change.removed else "UPDATE"
    return provider_pb2.PropertyDiff.Kind.Value(f"{word}_REPLACE" if key in change.replacing else word)


def _refuse(context: grpc.ServicerContext, message: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError(message)  # not reached: `abort` raises
