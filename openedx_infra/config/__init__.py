"""What may the operator say? Frozen models of a stack file; nothing here knows Pulumi."""

from openedx_infra.config.errors import ConfigError
from openedx_infra.config.load import load
from openedx_infra.config.stack import PROJECT, SECRETS_KEY, Stack

__all__ = ["PROJECT", "SECRETS_KEY", "ConfigError", "Stack", "load"]
