"""An XBlock by name."""


class Problem:
    """What the entry point leads to."""
