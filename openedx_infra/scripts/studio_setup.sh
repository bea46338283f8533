#!/bin/sh
# Fills Studio's search indexes; see studio_setup.py.
set -eu
scripts=$(dirname "$(realpath "$0")")
cd /openedx/edx-platform
./manage.py cms shell < "$scripts/studio_setup.py"
