"""What is worth knowing of a running instance? Alert rules and dashboards, as pure data."""
