"""Where learning events and course data go outside the instance: an LRS, a Caliper endpoint, Aspects."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from openedx_infra.config.sections.monitoring import PageUrl
from openedx_infra.config.types.base import Count, OrNothing, Section, Switch

XAPI_SECRET = "event_sink_xapi_password"
"""Password at the LRS."""
CALIPER_SECRET = "event_sink_caliper_token"
"""Bearer token at the Caliper endpoint."""
CLICKHOUSE_SECRET = "event_sink_clickhouse_password"
"""Password at ClickHouse."""
SUPERSET_SECRET = "event_sink_superset_password"
"""Password at Superset."""
QUEUE = "events"
"""Last part of the name of the queue that tasks for sinks get where a pool of workers serves it."""


class Xapi(Section):
    """A learning record store. Its password is the secret `event_sink_xapi_password`."""

    url: PageUrl
    """Its xAPI endpoint, as the LRS names it: `https://lrs.example.org/xapi`."""
    username: str = Field(min_length=1)
    """User, or key, that may write statements."""


class Caliper(Section):
    """An endpoint for Caliper. Its bearer token is the secret `event_sink_caliper_token`."""

    url: PageUrl
    """Its address."""


class Batch(Section):
    """Events that are sent together."""

    size: Count = Field(100, ge=1, le=10_000)
    """Events after which they are sent."""
    seconds: Count = Field(60, ge=1, le=3600)
    """Seconds after which they are sent with the next event, however few they are. They wait in the cache: a
    cache that is lost, or too small, loses them."""


class ClickHouse(Section):
    """ClickHouse of Aspects. The password is the secret `event_sink_clickhouse_password`."""

    url: PageUrl
    """Its HTTP interface: `https://clickhouse.example.org:8443`."""
    username: str = Field("ch_cms", min_length=1)
    """User that may write."""
    database: str = Field("event_sink", min_length=1)
    """Database of course data."""
    personal_data: Switch = False
    """Whether names, e-mail addresses and other data of profiles go there, too, and by which ids events name
    whom."""


class Superset(Section):
    """Superset of Aspects, whose dashboards are shown in the LMS. The password is the secret
    `event_sink_superset_password`."""

    url: PageUrl
    """Its public address, which browsers open."""
    internal_url: PageUrl | None = None
    """Its address for pods. None: the public one."""
    username: str = Field("superset", min_length=1)
    """User that may give guests access."""


class EventSinks(Section):
    """Sinks of events and course data, which run elsewhere. Each needs a plugin in the platform's image."""

    xapi: Annotated[Xapi | None, OrNothing] = None
    """Learning events as xAPI statements (`edx-event-routing-backends`). None: they go nowhere."""
    caliper: Annotated[Caliper | None, OrNothing] = None
    """Learning events as Caliper envelopes (`edx-event-routing-backends`). None: they go nowhere."""
    batch: Annotated[Batch | None, OrNothing] = None
    """Sends events in batches. None: each is a task and a request of its own."""
    clickhouse: Annotated[ClickHouse | None, OrNothing] = None
    """Course data for Aspects (`platform-plugin-aspects`). None: it goes nowhere."""
    superset: Annotated[Superset | None, OrNothing] = None
    """Dashboards of Aspects in the LMS (`platform-plugin-aspects`). None: there are none."""

    @property
    def urls(self) -> dict[str, str]:
        """Addresses that pods send to, by the keys of the sinks."""
        sinks = {"xapi": self.xapi, "caliper": self.caliper, "clickhouse": self.clickhouse}
        found = {name: sink.url for name, sink in sinks.items() if sink}
        superset = self.superset
        return {**found, **({"superset": superset.internal_url or superset.url} if superset else {})}

    @property
    def has_tasks(self) -> bool:
        """Whether tasks send anything to sinks, so that a pool of workers may have a queue of them alone."""
        return any((self.xapi, self.caliper, self.clickhouse))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the secrets that the sinks need."""
        names = {
            XAPI_SECRET: self.xapi,
            CALIPER_SECRET: self.caliper,
            CLICKHOUSE_SECRET: self.clickhouse,
            SUPERSET_SECRET: self.superset,
        }
        return tuple(name for name, sink in names.items() if sink)

    @property
    def plugins(self) -> dict[str, str]:
        """Python packages that the platform's image must have, and the key that needs each."""
        needs = {
            "xapi": ("edx-event-routing-backends", self.xapi),
            "caliper": ("edx-event-routing-backends", self.caliper),
            "clickhouse": ("platform-plugin-aspects", self.clickhouse),
            "superset": ("platform-plugin-aspects", self.superset),
        }
        found: dict[str, str] = {}
        for key, (package, sink) in needs.items():
            if sink:
                found.setdefault(package, key)
        return found
