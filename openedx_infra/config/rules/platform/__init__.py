"""Rules on what edx-platform itself asks for: frontends, services, and room for values."""
