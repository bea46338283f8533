"""Filters that the platform's log records pass."""

import sys
import types
from logging import Filter


class UserIdFilter(Filter):
    def filter(self, record):
        record.userid = 7
        return True


class RemoteIpFilter(Filter):
    def filter(self, record):
        record.remoteip = "192.0.2.1"
        return True


logging = types.ModuleType("edx_django_utils.logging")
logging.UserIdFilter, logging.RemoteIpFilter = UserIdFilter, RemoteIpFilter
sys.modules["edx_django_utils.logging"] = logging
