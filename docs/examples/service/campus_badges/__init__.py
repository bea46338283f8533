"""Badges of learners beside Open edX."""
