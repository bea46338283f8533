"""The formatter that writes a log line as one JSON object.

Runs in the platform. The platform's image has no library for it, and needs none.
"""

import json
import logging
from datetime import UTC, datetime


class JsonFormatter(logging.Formatter):
    """One object a line: what the text line has, by name, and the traceback as one text."""

    def __init__(self, service):
        super().__init__()
        self.service = service

    def format(self, record):
        """The record as JSON; values that JSON doesn't have become text."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self.service,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            "user": getattr(record, "userid", None),
            "address": getattr(record, "remoteip", None),
            "file": f"{record.filename}:{record.lineno}",
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            entry["stack"] = self.formatStack(record.stack_info)
        return json.dumps({key: value for key, value in entry.items() if value is not None}, default=str)
