"""Where do LMS and Studio find the rest of the instance? Hosts and ports inside the cluster."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A TCP address as pods see it."""

    host: str
    """Host name, such as the name of a Service."""
    port: int
    """TCP port."""

    def __str__(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Everything that LMS, Studio and the MFEs' server talk to."""

    mysql: Endpoint
    mongodb: Endpoint
    broker: Endpoint
    cache: Endpoint
    search: Endpoint
    smtp: Endpoint
    """The instance's own relay. Not used when the stack names an SMTP server outside."""
    lms: Endpoint
    studio: Endpoint
