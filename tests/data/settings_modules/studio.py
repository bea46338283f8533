"""Settings of a campus for Studio, in tests."""

CAMPUS_GREETING = "Write"
