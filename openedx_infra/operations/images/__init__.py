"""Building, pushing and pinning images."""
