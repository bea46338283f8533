"""Compile translations of xblocks."""

from openedx.core.djangoapps.translations.atlas import CompileCommand


class Command(CompileCommand):
    """Compiles them."""

    folder = "xblocks"
