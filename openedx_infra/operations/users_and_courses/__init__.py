"""Users and courses of a running instance, by scripts that run in its platform."""
