"""Numeric users and groups that the processes of an instance run as.

Above 10000, no number is a user of a node: who breaks out of a container owns nothing there. Lower numbers
stay where files on volumes belong to them, or where a program of others insists (docs/adr/0024-user-ids.md).
"""

from __future__ import annotations

WHY = "openedx-infra/exception"
"""Annotation of what needs more than others, such as a lower user without a volume, with the reason; rules of
policies/ ask for it."""
USER = 10_001
"""Runs what keeps no file of its own on a volume; also the user of the images that we build."""

IMAGE_GROUPS = (1000,)
"""Groups of the platform's pods besides their own. In published images the platform lies in the home folder
of this group's user, which Ubuntu closes to others (HOME_MODE 0750 since 21.04); the group may read it."""

VOLUME_USER = 1000
"""Runs the platform where uploads are on volumes of its own: files there belong to it. On a volume that
is a folder of the node, as k3s makes them, no fsGroup would hand them to another."""
