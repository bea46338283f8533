"""Settings of a campus for LMS and Studio, in tests."""

from datetime import timedelta

CAMPUS_PAUSE = timedelta(minutes=30)
