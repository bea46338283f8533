"""Making, listing and rotating a stack's secrets."""
