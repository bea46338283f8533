"""Datastores on AWS that the instance's own stack creates."""
