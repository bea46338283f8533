"""Kubernetes objects, by plain functions over pulumi_kubernetes that know nothing of what runs in pods."""
