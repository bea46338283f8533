#!/bin/sh
# Brings the database to what the LMS of this image expects. Django remembers what was done; a second run does nothing.
set -eu
cd /openedx/edx-platform
echo "lms_migrate: 1 of 1: migrations of the LMS"
./manage.py lms migrate --noinput
echo "lms_migrate: done"
