"""Pulumi's CLI and backend: state, history, locks, recovery."""
