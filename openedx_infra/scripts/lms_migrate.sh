#!/bin/sh
# Brings the databases to what the LMS of this image expects. Django remembers what was done; a second run does nothing.
set -eu
cd /openedx/edx-platform
databases=default
# The history of answers may have a database of its own. A read replica gets what its source gets.
if grep -q '^  student_module_history:$' "$LMS_CFG"; then databases="$databases student_module_history"; fi
set -- $databases
number=0
for database in "$@"; do
    number=$((number + 1))
    echo "lms_migrate: $number of $#: migrations of the LMS in the database $database"
    ./manage.py lms migrate --noinput --database "$database"
done
echo "lms_migrate: done"
