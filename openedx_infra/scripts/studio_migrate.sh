#!/bin/sh
# Brings the databases to what Studio of this image expects. It shares the databases of the LMS and has apps of its own.
set -eu
cd /openedx/edx-platform
databases=default
# The history of answers may have a database of its own. A read replica gets what its source gets.
if grep -q '^  student_module_history:$' "$CMS_CFG"; then databases="$databases student_module_history"; fi
set -- $databases
number=0
for database in "$@"; do
    number=$((number + 1))
    echo "studio_migrate: $number of $#: migrations of Studio in the database $database"
    ./manage.py cms migrate --noinput --database "$database"
done
echo "studio_migrate: done"
