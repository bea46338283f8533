"""Ingress: how requests reach the pods, and which are refused."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.types.addresses import Cidr
from openedx_infra.config.types.base import Count, Distinct, KubernetesName, OrNothing, Port, Section, Switch
from openedx_infra.config.types.patterns import Pattern
from openedx_infra.config.types.quantities import Memory
from openedx_infra.config.types.secret_references import OrSecret, SecretReference

UrlPath = Annotated[
    str,
    Pattern(
        "path",
        r"/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-]",
        "a path from the first slash on, without one at its end",
        "/admin",
    ),
]
"""Start of the path of a URL."""

HeaderName = Annotated[
    str,
    Pattern(
        "header", r"[A-Za-z][A-Za-z0-9-]*", "its name in letters, digits and hyphens", "Permissions-Policy"
    ),
]
"""Name of an HTTP header."""

HEADER_VALUE = Pattern("value of a header", r"[\x20-\x7e]+", "printable ASCII on one line", "no-referrer")
"""What HTTP takes as the value of a header."""

HeaderValue = Annotated[str | SecretReference, OrSecret(Annotated[str, HEADER_VALUE])]
"""Value of an HTTP header, or a secret of the stack."""

Origin = Annotated[
    str,
    Pattern(
        "origin",
        r"'self'|'none'|https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]+)?",
        "a scheme and a host, 'self' or 'none', as frame-ancestors of a Content-Security-Policy takes them",
        "https://portal.example.org",
    ),
]
"""Who may show a page in a frame."""

TrustedOrigin = Annotated[
    str,
    Pattern(
        "origin",
        r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?",
        "a scheme and a host, in lower case, without path",
        "https://portal.example.org",
    ),
]
"""A page's origin, as browsers send it."""

LOGIN_PATHS = (
    "/login_ajax",
    "/create_account",
    "/oauth2/access_token",
    "/account/password",
    "/password_reset",
    "/password_reset_confirm",
    "/password/reset",
    "/api/user/v1/account/login_session",
    "/api/user/v2/account/login_session",
    "/api/user/v1/account/registration",
    "/api/user/v2/account/registration",
    "/api/user/v1/account/password_reset",
    "/api/user/v1/validation/registration",
    "/user_api/v1/account/login_session",
    "/user_api/v2/account/login_session",
    "/user_api/v1/account/registration",
    "/user_api/v2/account/registration",
    "/user_api/v1/account/password_reset",
)
"""Where edx-platform takes or resets a password, or makes an account (its user_authn app, urls_common.py)."""


class GatewayOwn(Section):
    """A Gateway of the instance's own, with listeners for its hosts."""

    source: Literal["own"] = "own"
    """The instance creates it."""
    http_port: Port | None = None
    """Port of the listener for plain requests. Default: what the controller's own chart opens: 8000 with
    Traefik, 80 otherwise."""
    https_port: Port | None = None
    """Port of the listeners for TLS. Default likewise: 8443, or 443."""


class GatewayShared(Section):
    """A Gateway that others created for several namespaces, and which ends TLS itself: set
    `tls: {source: upstream}` for the site."""

    source: Literal["shared"]
    """It exists already."""
    name: KubernetesName
    """Its name."""
    namespace: KubernetesName
    """Its namespace."""


Gateway = Annotated[GatewayOwn | GatewayShared, Field(discriminator="source")]


class Rate(Section):
    """How many requests one address may send. Each pod of the controller counts for itself."""

    average: Count = Field(ge=1)
    """Sustained number of requests in each `per`."""
    per: Literal["second", "minute"] = "second"
    """Unit of time of `average`."""
    burst: Count = Field(ge=1)
    """Requests that it may send at once after a pause."""


class Bodies(Section):
    """Largest bodies of requests. LMS, Studio and the MFEs' server refuse larger ones themselves, whatever
    the controller; NGINX does before they get there."""

    lms: Memory = "16Mi"
    """To the LMS: four times what the platform takes for a file in a problem (STUDENT_FILEUPLOAD_MAX_SIZE, 4
    MB), as submissions for open responses come through it, too. Tutor's 4 MB refuse larger ones."""
    studio: Memory = "250Mi"
    """To Studio: course archives whose upload is not split. As in Tutor."""
    mfe: Memory = "1Mi"
    """To the server of the MFEs, which takes no files."""
    search: Memory = "1Mi"
    """To Meilisearch from outside, by NGINX alone: ten times a long search (a guess). Meilisearch itself
    takes 100 MB, as the platform's workers send it many documents at once."""
    files: Memory = "500Mi"
    """To the instance's own S3 server from outside, by NGINX alone: what open responses allow (edx-ora2's
    decision of November 2019)."""


class Hsts(Section):
    """How long browsers insist on TLS (Strict-Transport-Security)."""

    seconds: Count = Field(31_536_000, ge=0)
    """For how long: a year, as lists for preloading require. 0 revokes it."""
    subdomains: Switch = False
    """Whether it includes hosts under the site's hosts."""
    preload: Switch = False
    """Whether browsers may have it built in, which is hard to undo."""


class Administration(Section):
    """Where administrators come from. From anywhere else these paths are refused with 403."""

    allow: Annotated[tuple[Cidr, ...], Distinct] = Field(min_length=1)
    """Networks of administrators."""
    lms_paths: Annotated[tuple[UrlPath, ...], Distinct] = ("/admin",)
    """Paths of the LMS that are closed to everybody else: Django's administration."""
    studio_paths: Annotated[tuple[UrlPath, ...], Distinct] = ("/admin",)
    """The same paths of Studio."""


FramedHost = Literal["lms", "studio", "mfe"]
"""A host whose pages may stand in frames of others."""


class Ingress(Section):
    """How requests get from the edge of the cluster to the pods."""

    kind: Literal["ingress", "gateway"] = "ingress"
    """Objects to use: Ingress, or those of the Gateway API, whose CRDs must be installed."""
    gateway: Gateway = GatewayOwn()
    """The Gateway, where `kind` is `gateway`."""
    proxies_in_front: Count = Field(0, ge=0, le=10)
    """Proxies between visitors and the controller, each of which adds an address to X-Forwarded-For: rates
    and `admin` count from the right by it, and so do the limits of the platform itself, for logins and
    registrations. 0: visitors, or a load balancer that keeps their addresses, connect to the controller
    itself. Traefik must be told to trust them (forwardedHeaders.trustedIPs); NGINX is told in its own
    ConfigMap alone, and passes on one address."""
    requests: Annotated[Rate | None, OrNothing] = None
    """How many requests one address may send to each host. None: any number. A school behind one address is
    one address."""
    logins: Annotated[Rate | None, OrNothing] = None
    """The same for paths that take passwords or create accounts, of LMS and Studio each. None: as for all
    requests. The platform itself limits logins, too, by the address that it sees."""
    login_paths: Annotated[tuple[UrlPath, ...], Distinct] = LOGIN_PATHS
    """The paths that `logins` limits."""
    bodies: Bodies = Bodies()
    """Largest bodies of requests."""
    hsts: Hsts = Hsts()
    """How long browsers insist on TLS. The header is not sent while the site has no TLS."""
    headers: dict[HeaderName, HeaderValue | None] = Field({})
    """Headers of all responses, added to the default ones or replacing them; null removes a default one. With
    `{secret: NAME}`, the value is in neither the stack file nor Pulumi's state in plain; every visitor, and
    who may read the objects of the ingress controller, sees it all the same."""
    framed_by: dict[FramedHost, tuple[Origin, ...]] = Field({})
    """Origins that may show pages of a host in frames. Default: for `mfe`, the LMS, Studio and itself; for
    LMS and Studio the platform decides, which refuses frames except where courses and LTI need them."""
    trusted_origins: Annotated[tuple[TrustedOrigin, ...], Distinct] = ()
    """Other sites, such as a portal of yours, whose pages may call LMS and Studio by script with the
    visitor's cookies, post to them, and get people back who signed in or out. The site's own hosts need no
    mention."""
    admin: Annotated[Administration | None, OrNothing] = None
    """Where administrators come from. None: from anywhere."""
