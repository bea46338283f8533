"""Frozen models of stack files and the rules on them; nothing here knows Pulumi."""

from openedx_infra.config.base_stack import BaseStack
from openedx_infra.config.errors.config_error import ConfigError
from openedx_infra.config.foundation.foundation import Foundation
from openedx_infra.config.load import describe, load
from openedx_infra.config.stack import PROJECT, SECRETS_KEY, Stack

__all__ = ["PROJECT", "SECRETS_KEY", "BaseStack", "ConfigError", "Foundation", "Stack", "describe", "load"]
