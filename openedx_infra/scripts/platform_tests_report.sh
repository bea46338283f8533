#!/bin/sh
# Waits for the tests beside it to end, and says their report: the log of this container is the report, and nothing else.
set -eu
until [ -e /openedx/reports/done ]; do sleep 1; done
if [ -e /openedx/reports/packed ]; then cat /openedx/reports/packed; fi
