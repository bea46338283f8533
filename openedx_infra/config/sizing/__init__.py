"""Replicas, CPU, memory and autoscaling, and the profiles that they start from."""
