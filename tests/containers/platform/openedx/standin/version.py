"""Which image this is."""

VERSION = "1"
