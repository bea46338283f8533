"""Settings of logs: tracking events go to stdout, everything else to stderr.

The platform sends its tracking events to /dev/log, which no container has. Here they are lines of JSON on
stdout, with nothing else before or between them, so that a collector can tell them by their stream alone.
"""

from __future__ import annotations

from typing import Any

from openedx_infra.config.sections.monitoring import Monitoring
from openedx_infra.settings.merging import Settings, merged
from openedx_infra.settings.paths import TRACKING_DIR, settings_module


def logs(monitoring: Monitoring, site: str) -> Settings:
    """LOGGING of a site (`lms` or `cms`). production.py replaces it; the settings module puts it back."""
    logging = merged(
        _logging(site),
        _json(site) if monitoring.logs == "json" else {},
        _spool(site) if monitoring.tracking else {},
    )
    return {"LOGGING": logging, "LOGGING_ENV": "production", "LOG_DIR": "/tmp"}


def _logging(site: str) -> dict[str, Any]:
    context = ["userid_context", "remoteip_context"]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "userid_context": {"()": "edx_django_utils.logging.UserIdFilter"},
            "remoteip_context": {"()": "edx_django_utils.logging.RemoteIpFilter"},
        },
        "formatters": {
            "line": {
                "format": f"%(asctime)s %(levelname)s [service={site}] [%(name)s] [pid %(process)d] "
                "[user %(userid)s] [ip %(remoteip)s] %(filename)s:%(lineno)d - %(message)s"
            },
            "event": {"format": "%(message)s"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "level": "INFO",
                "formatter": "line",
                "filters": context,
            },
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "level": "DEBUG",
                "formatter": "event",
            },
        },
        "loggers": {
            "": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            "tracking": {"handlers": ["stdout"], "level": "DEBUG", "propagate": False},
            # One line for each connection at INFO.
            "urllib3": {"level": "WARNING"},
        },
    }


def _json(site: str) -> Settings:
    """Lines for machines: `platform/lines.py`."""
    formatter = {"()": f"{settings_module(site)}.lines.JsonFormatter", "service": site}
    return {"formatters": {"json": formatter}, "handlers": {"stderr": {"formatter": "json"}}}


def _spool(site: str) -> Settings:
    """Events go to files, too, which a sidecar takes to a bucket: `platform/spool.py`."""
    handler = {
        "class": f"{settings_module(site)}.spool.SpoolHandler",
        "folder": f"{TRACKING_DIR}/open",
        "formatter": "event",
    }
    return {"handlers": {"spool": handler}, "loggers": {"tracking": {"handlers": ["stdout", "spool"]}}}
