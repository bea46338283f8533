"""Jobs that run before the platform serves: preflight checks, databases and users, migrations."""
