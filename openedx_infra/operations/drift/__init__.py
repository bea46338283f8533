"""Comparing Pulumi's state with the cluster: what is missing, changed by hand, or not of the stack."""
