"""Compile translations of plugins."""

from openedx.core.djangoapps.translations.atlas import CompileCommand


class Command(CompileCommand):
    """Compiles them."""

    folder = "plugins"
