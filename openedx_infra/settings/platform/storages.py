"""Storages on volumes for files that need a permission, and their addresses.

Runs in the platform.
"""

from crum import get_current_user
from django.conf import settings
from django.core import signing
from django.core.files.storage import FileSystemStorage

PRIVATE_DIR = "/openedx/private"
SALT = "openedx_infra.reports"
PATH = "/private-reports/"
# Seconds. The list of reports gives new addresses each time that it is shown.
LIFETIME = 3600


class ArtifactStorage(FileSystemStorage):
    """Course exports and imports, and what tasks leave for their users. Studio's views stream them."""

    def __init__(self):
        super().__init__(location=f"{PRIVATE_DIR}/artifacts")


class ReportStorage(FileSystemStorage):
    """Reports of instructors: the platform lists their addresses for those who may read them."""

    def url(self, name):
        """An address of the LMS for the person who asks, and for an hour."""
        user = get_current_user()
        token = signing.dumps([getattr(user, "pk", None), str(self.location), name], salt=SALT)
        return f"{settings.LMS_ROOT_URL}{PATH}{token}/"
