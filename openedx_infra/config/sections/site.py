"""The site: its hosts, name, languages, time zone and TLS."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, PrivateAttr

from openedx_infra.config.sections.issuers import Issuer
from openedx_infra.config.types.base import IMMUTABLE, Distinct, KubernetesName, Section
from openedx_infra.config.types.hosts import Email, Hostname
from openedx_infra.config.types.patterns import Pattern


class TlsNone(Section):
    """Plain HTTP: for a developer's machine, never for learners."""

    source: Literal["none"] = "none"
    """No TLS at all."""


class TlsSecret(Section):
    """A certificate from a Secret that somebody else puts into the namespace."""

    source: Literal["secret"]
    """The certificate is in a Secret of type kubernetes.io/tls."""
    secret: KubernetesName
    """Name of that Secret, in the instance's namespace; its certificate covers all hosts of the site."""


class TlsCertManager(Section):
    """Certificates issued and renewed by cert-manager, which must run in the cluster."""

    source: Literal["cert-manager"]
    """The certificate is requested from cert-manager."""
    issuer: Issuer
    """The issuer that signs them."""


class TlsUpstream(Section):
    """TLS ends before the cluster, at a load balancer or a proxy that sets X-Forwarded-Proto."""

    source: Literal["upstream"]
    """A proxy in front of the ingress ends TLS."""


Tls = Annotated[TlsNone | TlsSecret | TlsCertManager | TlsUpstream, Field(discriminator="source")]


Language = Annotated[
    str,
    Pattern("language code", r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", "an ISO code, as Django knows it", "pt-br"),
]
"""A language by the code that Django has for it."""


ThemeName = Annotated[
    str, Pattern("theme name", r"[A-Za-z0-9_-]+", "the name of its folder, without path", "indigo")
]
"""A comprehensive theme by its folder."""


@cache
def _zones() -> set[str]:
    """All names of time zones, which take some 20 ms to read."""
    return available_timezones()


def _is_zone(value: str) -> str:
    if value in _zones():
        return value
    raise ValueError(
        "is no time zone: write a name of the IANA time zone database, as `timedatectl list-timezones` lists "
        "them, such as Europe/Zurich"
    )


TimeZone = Annotated[str, AfterValidator(_is_zone)]
"""A time zone by its IANA name."""


def _under(label: str) -> Any:
    return Field(
        default_factory=lambda site: f"{label}.{site['lms_host']}",
        json_schema_extra={**IMMUTABLE, "default_text": f"{label}.<lms_host>"},
    )


UserName = Annotated[
    str,
    Pattern("user name", r"[A-Za-z0-9_-]{2,30}", "2 to 30 letters, digits, hyphens and underscores", "anna"),
]
"""A user of the platform, by the name that the platform's own form takes."""


CookiePrefix = Annotated[
    str,
    Pattern(
        "prefix of cookies",
        r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}",
        "at most 32 letters, digits, hyphens and underscores, beginning with a letter or digit",
        "campus",
    ),
]
"""What the names of cookies begin with."""


def _common_domain(site: dict[str, Any]) -> str:
    """The longest domain that both LMS and MFEs are part of; the LMS' host where they share none."""
    common: list[str] = []
    for ours, theirs in zip(
        reversed(site["lms_host"].split(".")), reversed(site["mfe_host"].split(".")), strict=False
    ):
        if ours != theirs:
            break
        common.insert(0, ours)
    return ".".join(common) if len(common) > 1 else str(site["lms_host"])


class Administrator(Section):
    """Somebody with all rights on the site."""

    name: UserName
    """User name, shown to others, and never changed later."""
    email: Email
    """Where the invitation goes."""


class Site(Section):
    """The site as its learners and authors see it."""

    name: str = Field("Open edX", min_length=1, max_length=200)
    """Name of the platform, shown in pages, certificates and mails."""

    lms_host: Hostname = Field(json_schema_extra=IMMUTABLE)
    """Public host of the LMS. All other hosts default to labels under it."""

    studio_host: Hostname = _under("studio")
    """Public host of Studio."""

    mfe_host: Hostname = _under("apps")
    """Public host of the micro-frontends. Shares a parent domain with the LMS, whose cookies it reads."""

    search_host: Hostname = _under("meilisearch")
    """Public host of Meilisearch, which Studio's pages query directly, with keys limited to one user."""

    more_hosts: Annotated[tuple[Hostname, ...], Distinct] = Field((), max_length=40)
    """Further public hosts of the LMS, such as `www.example.org` or those of tenants: each gets a route and a
    certificate, and the LMS answers there and trusts its pages. Who signs in is signed in at those under
    `cookie_domain`. Links and mails keep naming `lms_host`. Studio and the MFEs have one host each. At
    most 40: a Gateway has 64 listeners."""

    cookie_domain: Hostname = Field(
        default_factory=_common_domain,
        json_schema_extra={"default_text": "the longest domain that LMS and MFEs share"},
    )
    """Domain of the cookies that MFEs read by script: who is signed in, and the language. Every host under it
    receives them. LMS and MFEs must be part of it."""

    cookie_prefix: CookiePrefix | None = None
    """What the names of cookies begin with. Two instances that share `cookie_domain` need one each, as
    visitors of both would otherwise be signed out of one by the other. Whoever sets or changes it signs
    everybody out, once. None: the platform's own names."""

    contact_email: Email = Field(
        default_factory=lambda site: f"contact@{site['lms_host']}",
        json_schema_extra={"default_text": "contact@<lms_host>"},
    )
    """Contact address shown to users; also the default sender of mail."""

    language: Language = "en"
    """Default language of pages (an ISO code such as `en` or `pt-br`)."""

    languages: Annotated[tuple[Language, ...], Distinct] = ()
    """Languages offered to learners. Empty: all that the platform has."""

    time_zone: TimeZone = "UTC"
    """Time zone of the platform's clocks, by its IANA name."""

    theme: ThemeName | None = None
    """Name of a comprehensive theme in the image. Default: the platform's default theme."""

    administrators: tuple[Administrator, ...] = ()
    """Who gets all rights on the site. Set-up makes these users without a password that anybody knows, and
    invites each, once, by a mail with a link to set one. A user that is there is given the rights only.
    Whoever is removed here keeps user and rights: Django's admin takes them."""

    tls: Tls = TlsNone()
    """Where TLS ends, and with which certificate. It also decides between http and https in every address,
    and whether cookies are secure."""

    _port: int | None = PrivateAttr(None)

    def visit_at(self, *, http: int, https: int) -> None:
        """Have browsers come to these ports, rather than those of the schemes: to a developer's machine."""
        port, usual = (https, 443) if self.secure else (http, 80)
        self._port = None if port == usual else port

    def authority(self, host: str) -> str:
        """A public host as its addresses have it: with the port, where it isn't the scheme's own."""
        return host if self._port is None else f"{host}:{self._port}"

    def url(self, host: str) -> str:
        """The address of a public host, without a slash at its end."""
        return f"{self.scheme}://{self.authority(host)}"

    @property
    def scheme(self) -> str:
        """`https` unless the site does without TLS."""
        return "http" if isinstance(self.tls, TlsNone) else "https"

    @property
    def secure(self) -> bool:
        """Whether visitors reach the site by TLS."""
        return self.scheme == "https"

    @property
    def issuer(self) -> Issuer | None:
        """Who signs the certificates. None: nobody is asked to."""
        return self.tls.issuer if isinstance(self.tls, TlsCertManager) else None

    @property
    def lms_url(self) -> str:
        """Public address of the LMS, without a slash at its end."""
        return self.url(self.lms_host)

    @property
    def more_urls(self) -> tuple[str, ...]:
        """Public addresses of the further hosts of the LMS, without a slash at their ends."""
        return tuple(self.url(host) for host in self.more_hosts)

    @property
    def studio_url(self) -> str:
        """Public address of Studio, without a slash at its end."""
        return self.url(self.studio_host)

    @property
    def mfe_url(self) -> str:
        """Public address of the micro-frontends, without a slash at its end."""
        return self.url(self.mfe_host)

    @property
    def search_url(self) -> str:
        """Public address of Meilisearch, without a slash at its end."""
        return self.url(self.search_host)

    @property
    def hosts(self) -> tuple[str, ...]:
        """All public hosts: LMS, Studio, MFEs, search, and the further ones of the LMS."""
        return (self.lms_host, self.studio_host, self.mfe_host, self.search_host, *self.more_hosts)
