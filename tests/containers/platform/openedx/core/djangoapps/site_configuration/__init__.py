"""Stands in for the app of this name."""
