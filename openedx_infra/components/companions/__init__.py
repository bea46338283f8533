"""Companion services: their databases, files, Jobs, processes and duties."""
