"""Rules on ingress: controller, kind, TLS, limits and addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.sections.ingress import LOGIN_PATHS, GatewayOwn, GatewayShared, Hsts
from openedx_infra.config.sections.issuers import AcmeDns, Route53
from openedx_infra.config.sections.network import is_metadata
from openedx_infra.config.sections.site import TlsCertManager, TlsSecret, TlsUpstream
from openedx_infra.config.stack import Stack
from openedx_infra.config.types.secret_references import SecretReference

_CONTROLLER: Location = ("cluster", "ingress_controller")
_KIND: Location = ("ingress", "kind")
_TLS: Location = ("site", "tls")


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    for rule in _RULES:
        yield from rule(stack)


def _controller(stack: Stack) -> Iterator[Conflict]:
    kind, controller = stack.ingress.kind, stack.cluster.ingress_controller
    fitting = {"nginx": "ingress", "envoy": "gateway"}.get(controller, kind)
    if kind != fitting:
        text = f"{kind} is not what {controller} serves: write {fitting}, or choose another controller"
        yield Conflict(_KIND, text, (_CONTROLLER,))


def _k3s(stack: Stack) -> Iterator[Conflict]:
    if stack.cluster.k3s_traefik is not None and stack.cluster.ingress_controller != "traefik":
        text = f"is for Traefik, and {stack.cluster.ingress_controller} serves the hosts: leave it out"
        yield Conflict(("cluster", "k3s_traefik"), text, (_CONTROLLER,))


def _route53(stack: Stack) -> Iterator[Conflict]:
    issuer = stack.site.issuer
    if not isinstance(issuer, AcmeDns) or not isinstance(issuer.provider, Route53):
        return
    provider = issuer.provider
    where: Location = (*_TLS, "issuer", "provider")
    if (provider.role is None) == (provider.access_key_id is None):
        problem = "missing" if provider.role is None else "set beside `access_key_id`"
        text = f"{problem}: cert-manager logs in with one of the two: set a `role` or an `access_key_id`"
        yield Conflict((*where, "role"), text, ((*where, "access_key_id"),))


def _gateway(stack: Stack) -> Iterator[Conflict]:
    gateway, where = stack.ingress.gateway, ("ingress", "gateway")
    if stack.ingress.kind == "ingress" and gateway != GatewayOwn():
        text = "has no effect while `kind` is ingress: remove it, or set `kind` to gateway"
        yield Conflict(where, text, (_KIND,))
    if isinstance(gateway, GatewayShared) and isinstance(stack.site.tls, TlsCertManager | TlsSecret):
        text = (
            f"{stack.site.tls.source} can't be given to the Gateway {gateway.name}, which others created "
            "and which ends TLS itself: write upstream"
        )
        yield Conflict((*_TLS, "source"), text, ((*where, "name"),))


def _beyond_the_controller(stack: Stack) -> Iterator[Conflict]:
    """Settings that a controller doesn't take from objects of one instance."""
    ingress, controller = stack.ingress, stack.cluster.ingress_controller
    unsupported = {
        "envoy": {
            "requests": ingress.requests is not None,
            "logins": ingress.logins is not None,
            "admin": ingress.admin is not None,
        },
        "nginx": {
            "headers": bool(ingress.headers),
            "framed_by": bool(ingress.framed_by),
            "hsts": ingress.hsts != Hsts(),
            "proxies_in_front": ingress.proxies_in_front > 0,
        },
    }
    reason = {
        "envoy": "the Gateway API has no field for it, and Envoy Gateway's own are not written here",
        "nginx": "it takes this from its own ConfigMap alone",
    }
    for key, is_set in unsupported.get(controller, {}).items():
        if is_set:
            why = reason[controller]
            text = (
                f"can't be set for {controller}: {why}: leave it out and configure it there, or use traefik"
            )
            yield Conflict(("ingress", key), text, (_CONTROLLER,))
    if controller == "envoy":
        for name, value in ingress.headers.items():
            if isinstance(value, SecretReference):
                text = (
                    "is a secret, which would stand in the objects of the Gateway in plain: leave it out and "
                    "configure it there, or use traefik"
                )
                yield Conflict(("ingress", "headers", name), text, (_CONTROLLER,))


def _addresses(stack: Stack) -> Iterator[Conflict]:
    """Behind a proxy that is not counted, all visitors have its address."""
    ingress = stack.ingress
    counted = ingress.proxies_in_front > 0 or stack.cluster.ingress_controller != "traefik"
    if counted or not isinstance(stack.site.tls, TlsUpstream):
        return
    for key in ("requests", "logins", "admin"):
        if getattr(ingress, key) is not None:
            text = (
                "0, but `site.tls` has TLS end at a proxy in front: all visitors would share its "
                f"address, and `{key}` would treat them as one: set the number of proxies"
            )
            reads: tuple[Location, ...] = (_TLS, ("ingress", key))
            yield Conflict(("ingress", "proxies_in_front"), text, reads)
            return


def _login_paths(stack: Stack) -> Iterator[Conflict]:
    if stack.ingress.login_paths != LOGIN_PATHS and stack.ingress.logins is None:
        text = "has no effect without `logins`: set the rate, or leave out the paths"
        yield Conflict(("ingress", "login_paths"), text, (("ingress", "logins"),))


def _logins_of_administrators(stack: Stack) -> Iterator[Conflict]:
    """The longest path decides: a login under the administration would be open to all."""
    admin = stack.ingress.admin
    if admin is None or stack.ingress.logins is None:
        return
    closed = {*admin.lms_paths, *admin.studio_paths}
    for index, path in enumerate(stack.ingress.login_paths):
        for above in sorted(one for one in closed if f"{path}/".startswith(f"{one}/")):
            text = f"{path} would be open to all, though {above} above it is for administrators: leave it out"
            yield Conflict(("ingress", "login_paths", index), text, (("ingress", "admin"),))


def _metadata(stack: Stack) -> Iterator[Conflict]:
    for key, cidrs in (("inside", stack.network.inside), ("datastores", stack.network.datastores or ())):
        for index, cidr in enumerate(cidrs):
            if is_metadata(cidr):
                text = f"{cidr} is where clouds hand out credentials, and stays blocked: leave it out"
                yield Conflict(("network", key, index), text)


_RULES: tuple[Callable[[Stack], Iterator[Conflict]], ...] = (
    _controller,
    _k3s,
    _route53,
    _gateway,
    _beyond_the_controller,
    _addresses,
    _login_paths,
    _logins_of_administrators,
    _metadata,
)
