"""The verbs stop and start."""
