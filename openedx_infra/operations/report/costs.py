"""Estimated monthly cost of AWS' parts, and what a cluster's pods reserve, before and after a change."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.offline.requests import reservation
from openedx_infra.operations.report.recordings import Recording

OURS = Path(__file__).with_name("prices.yaml")
Price = Annotated[float, Field(ge=0)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Monthly(_Model):
    """Prices of a month."""

    gigabyte_of_rds: Price = 0
    core: Price = 0
    """Of a core that pods reserve in the cluster; 0 counts none."""
    gibibyte: Price = 0
    """Of a GiB of memory that pods reserve."""


class Prices(_Model):
    """A table of prices in one currency."""

    date: datetime.date
    source: str
    hours_in_a_month: Price = 730
    hourly: dict[str, dict[str, Price]]
    """By the first two words of a resource's type, and by its class."""
    monthly: Monthly = Monthly()


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a stack costs in a month."""

    parts: Mapping[str, float]
    """By the name of the resource."""
    unpriced: Sequence[str]
    """Resources with a class that the table has no price for."""
    cores: float
    """Cores that pods reserve, with the fewest pods that autoscalers leave."""
    gibibytes: float

    @property
    def total(self) -> float:
        """The sum of all that has a price."""
        return sum(self.parts.values())


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The estimates before and after a change."""

    before: Estimate
    now: Estimate
    prices: Prices

    @property
    def more(self) -> float:
        """How much more it costs a month; negative for less."""
        return self.now.total - self.before.total

    def as_json(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "date": self.prices.date.isoformat(),
            "source": self.prices.source,
            **{name: _as_json(each) for name, each in (("before", self.before), ("now", self.now))},
        }


def _as_json(each: Estimate) -> dict[str, Any]:
    return {
        "monthly": round(each.total, 2),
        "parts": {name: round(price, 2) for name, price in each.parts.items()},
        "unpriced": list(each.unpriced),
        "cores": round(each.cores, 3),
        "gibibytes": round(each.gibibytes, 3),
    }


def read(path: Path = OURS) -> Prices:
    """A table of prices. Raises OperationError with each fault."""
    try:
        return Prices.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise OperationError(
            f"{path} can't be read: {error}", remedy="docs/report.md has an example"
        ) from None
    except ValidationError as error:
        lines = "\n".join(
            f"  - {'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in error.errors()
        )
        raise OperationError(
            f"{path} can't be used:\n{lines}", remedy="docs/report.md has an example"
        ) from None


def cost(before: Recording, now: Recording, prices: Prices) -> Cost:
    """The estimates before and after a change."""
    return Cost(before=estimate(before, prices), now=estimate(now, prices), prices=prices)


def estimate(recording: Recording, prices: Prices) -> Estimate:
    """What a recorded stack costs in a month."""
    reserved = reservation(list(recording.objects)).running
    cores, gibibytes = float(reserved.cpu), float(reserved.memory) / 2**30
    parts: dict[str, float] = {}
    unpriced = []
    for name, price in _on_aws(recording, prices):
        if price is None:
            unpriced.append(name)
        else:
            parts[name] = price
    if rent := cores * prices.monthly.core + gibibytes * prices.monthly.gibibyte:
        parts["reserved in the cluster"] = rent
    return Estimate(parts=parts, unpriced=tuple(unpriced), cores=cores, gibibytes=gibibytes)


def _on_aws(recording: Recording, prices: Prices) -> Iterator[tuple[str, float | None]]:
    for each in recording.resources:
        service = ":".join(each["type"].split("/")[0].split(":")[:2])
        props = each["props"]
        size = props.get("instanceClass") or props.get("nodeType")
        if not each["custom"] or not isinstance(size, str) or not service.startswith("aws:"):
            continue
        name = f"{each['name']} ({size})"
        hourly = prices.hourly.get(service, {}).get(size)
        if hourly is None:
            yield name, None
            continue
        count = _number(props.get("numCacheClusters")) or _number(props.get("replicasPerNodeGroup")) + 1
        count = 2 if props.get("multiAz") else count
        storage = _number(props.get("allocatedStorage")) * prices.monthly.gigabyte_of_rds
        storage *= 2 if props.get("multiAz") else 1
        yield name, hourly * prices.hours_in_a_month * count + storage


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
