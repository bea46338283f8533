"""Arguments of verbs on a running instance: status, logs, backups, support."""
