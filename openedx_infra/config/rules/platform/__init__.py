"""Rules on what edx-platform itself asks for: frontends, services, room for values, and development."""
