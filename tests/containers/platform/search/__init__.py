"""Stands in for edx-search."""
