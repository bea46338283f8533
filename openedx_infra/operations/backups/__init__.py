"""The verbs backup, verify and restore."""
