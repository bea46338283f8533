"""Changing versions: upgrade, rollback and switch; the catalogue of releases."""
