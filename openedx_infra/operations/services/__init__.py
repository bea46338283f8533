"""Verbs on companion services of a running instance."""
