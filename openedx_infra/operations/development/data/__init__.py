"""Data of a development instance: snapshots, reset, seed, and content of other instances."""
