"""Pull translations of xblocks."""

from openedx.core.djangoapps.translations.atlas import PullCommand


class Command(PullCommand):
    """Pulls them."""

    folder = "xblocks"
