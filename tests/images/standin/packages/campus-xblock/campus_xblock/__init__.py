"""An XBlock of one's own."""


class Campus:
    """What the entry point leads to."""
