"""Running processes in an instance's containers."""
