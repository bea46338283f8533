"""Metrics exporters, alert rules and dashboards of an instance."""
