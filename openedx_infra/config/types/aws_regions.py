"""Regions of AWS, and the domains of the services in each."""

from __future__ import annotations

from typing import Annotated

from openedx_infra.config.types.patterns import Pattern

AwsRegion = Annotated[
    str,
    Pattern("region of AWS", r"[a-z]{2,4}(-[a-z]+)+-[0-9]", "as AWS names them", "eu-west-1"),
]
"""A region of AWS."""

DOMAIN = "amazonaws.com"
"""Domain of the services of most regions, those of GovCloud among them."""
_DOMAINS = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-isof-": "csp.hci.ic.gov",
}
"""Domains of AWS' other partitions, by what the names of their regions begin with (botocore's
partitions.json, with which a test compares them)."""
_WITHOUT_MAIL = ("cn-", "us-iso-", "us-isob-", "eu-isoe-", "us-isof-")
"""Beginnings of regions without Amazon SES (botocore's endpoints.json, 1.44)."""

_TRUST_STORES = {
    "cn-": "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn",
    "us-gov-": "https://truststore.pki.us-gov-west-1.rds.amazonaws.com",
}
"""Where AWS publishes the authorities of RDS in China and GovCloud (guides of RDS, "Using SSL/TLS")."""


def domain(region: str) -> str:
    """Domain of AWS' services in a region, or in what is no region of AWS, such as another server's."""
    return next((name for start, name in _DOMAINS.items() if region.startswith(start)), DOMAIN)


def service_host(service: str, region: str) -> str:
    """Host of a service of AWS in a region, such as `s3.eu-west-1.amazonaws.com`."""
    return f"{service}.{region}.{domain(region)}"


def service_names(service: str, region: str) -> tuple[str, ...]:
    """What policies may call a service of AWS in a region, as by `kms:ViaService`.

    AWS documents the names of most regions alone. Outside these, both this form and the service's host name
    the same service, and which of them a policy is compared with is unknown to us: both are allowed.
    """
    return tuple(dict.fromkeys((service_host(service, region), f"{service}.{region}.{DOMAIN}")))


def trust_store(region: str | None) -> str:
    """Where AWS publishes the authorities of RDS, Aurora and DocumentDB of a region's partition; of None,
    those of all commercial regions."""
    stores = (url for start, url in _TRUST_STORES.items() if (region or "").startswith(start))
    return next(stores, f"https://truststore.pki.rds.{DOMAIN}")


def has_mail(region: str) -> bool:
    """Whether a region may have Amazon SES: whole partitions have not."""
    return not region.startswith(_WITHOUT_MAIL)
