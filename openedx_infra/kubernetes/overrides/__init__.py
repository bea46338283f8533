"""Patches of single objects, merged as `kubectl patch` does and checked against Kubernetes' schema."""
