#!/bin/sh
# Runs tests of edx-platform in its own image; paths and pytest's options are arguments.
# Environment: SETTINGS (Django settings module), SHARD (such as 2/8, or empty for all).
# /openedx/reports gets the JUnit report, packed for a log, and then the file `done`: another container waits for it.
set -eu
unset DJANGO_SETTINGS_MODULE SERVICE_VARIANT || true
cd /openedx/edx-platform
code=0
if python -c 'import pytest, pytest_django' 2>/dev/null; then
    mkdir -p test_root/log
    # As upstream's own workflow runs them: all warnings shown, in the order of their files.
    PYTHONPATH=/openedx/tests python -Wd -m pytest -p no:randomly -p no:cacheprovider -p pytest_shard \
        --ds="$SETTINGS" -o junit_family=xunit1 --junit-xml=/openedx/reports/junit.xml "$@" || code=$?
else
    echo "This image has no pytest: tests need the target \`development\` of the image." >&2
    code=64
fi
if [ -e /openedx/reports/junit.xml ]; then
    gzip -9 -c /openedx/reports/junit.xml | base64 >/openedx/reports/packed
fi
touch /openedx/reports/done
exit "$code"
