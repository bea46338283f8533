#!/bin/sh
# Brings the database to what Studio of this image expects. It shares the LMS' database and has apps of its own.
set -eu
cd /openedx/edx-platform
echo "studio_migrate: 1 of 1: migrations of Studio"
./manage.py cms migrate --noinput
echo "studio_migrate: done"
