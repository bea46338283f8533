"""Settings with which Studio is built."""

from openedx_build.common import load

load(globals(), "cms")
