#!/bin/sh
# Puts into the database what the stack file says; see lms_setup.py. One process, as loading the platform takes long.
set -eu
scripts=$(dirname "$(realpath "$0")")
cd /openedx/edx-platform
OPENEDX_SCRIPTS_DIR="$scripts" ./manage.py lms shell < "$scripts/lms_setup.py"
