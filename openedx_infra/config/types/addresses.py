"""The type of networks in CIDR notation."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, Field


def is_network(value: str) -> str:
    """The network with its prefix. Raises ValueError with the remedy if it is none."""
    try:
        ip_network(value)
    except ValueError as error:
        bits = ": it has bits beyond its prefix" if "host bits" in str(error) else ""
        raise ValueError(
            f"is no network{bits}: write an address and the length of its prefix, such as 192.0.2.0/24, or "
            "one "
            "address with /32"
        ) from None
    return value if "/" in value else str(ip_network(value))


Cidr = Annotated[str, AfterValidator(is_network), Field(json_schema_extra={"examples": ["192.0.2.0/24"]})]
"""A network by its address and prefix, IPv4 or IPv6."""
