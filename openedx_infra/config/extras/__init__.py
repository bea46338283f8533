"""Containers and Kubernetes objects of the operator's own, beside those of this program."""
