#!/bin/sh
# Tells whether the code of before can live with the databases as they are; see migration_check.py. The LMS and Studio
# have applications of their own: what the one doesn't know, the other may.
set -eu
scripts=$(dirname "$(realpath "$0")")
export FOUND=${FOUND:-/tmp/migrations.json}
cd /openedx/edx-platform
./manage.py lms shell < "$scripts/migration_check.py"
export SERVICE_VARIANT=cms DJANGO_SETTINGS_MODULE="$STUDIO_SETTINGS"
./manage.py cms shell < "$scripts/migration_check.py"
