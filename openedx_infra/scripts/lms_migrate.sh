#!/bin/sh
# Brings the databases to what the LMS of this image expects; see migrate.py. In place of this shell, so that a SIGTERM reaches it.
set -eu
scripts=$(dirname "$(realpath "$0")")
cd /openedx/edx-platform
exec ./manage.py lms shell < "$scripts/migrate.py"
