"""Pull translations of plugins."""

from openedx.core.djangoapps.translations.atlas import PullCommand


class Command(PullCommand):
    """Pulls them."""

    folder = "plugins"
