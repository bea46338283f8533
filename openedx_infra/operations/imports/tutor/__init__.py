"""Reads a Tutor root, and writes the stack file and the secrets of an instance that continues it."""
