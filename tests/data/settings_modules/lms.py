"""Settings of a campus for the LMS, in tests."""

CAMPUS_GREETING = "Welcome"
