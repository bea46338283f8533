"""What the stand-in does, and what it stands in for."""
