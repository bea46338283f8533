"""Clusters of a developer's machine: found, made by k3d or kind, and deleted."""
