"""Settings with which the LMS is built."""

from openedx_build.common import load

load(globals(), "lms")
