"""Badges of learners."""
