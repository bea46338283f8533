"""Stands in for the engine of mails."""

from . import ace
from .message import Message

__all__ = ["Message", "ace"]
