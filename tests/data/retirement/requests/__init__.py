"""Stand-in for the library."""
