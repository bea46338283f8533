"""Backups of an instance, and the test that restores one."""
