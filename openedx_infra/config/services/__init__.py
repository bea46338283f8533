"""Companion services as the configuration sees them: which there are, their sections, and what they set."""
