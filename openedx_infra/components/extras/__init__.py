"""Containers and Kubernetes objects of the operator's own, with all that an instance's pods have."""
