#!/bin/sh
# Proves that the platform works on a restored backup: migrations, then a first look at pages. Run once for each site.
#
# Environment: SERVICE_VARIANT (lms or cms), HOST, the site's public host, and what every process of the platform has.
set -eu
scripts=$(dirname "$(realpath "$0")")
cd /openedx/edx-platform
step() { printf '%s\n' "backup: $SERVICE_VARIANT: $*"; }

databases=default
if [ "$SERVICE_VARIANT" = lms ] && grep -q '^  student_module_history:$' "$LMS_CFG"; then
    databases="$databases student_module_history"
fi
for database in $databases; do
    step "are all migrations in the database $database?"
    # A backup from before an upgrade lacks some: then they must succeed, as they would after a restore.
    ./manage.py "$SERVICE_VARIANT" migrate --check --database "$database" >/dev/null ||
        { step "no: running them"; ./manage.py "$SERVICE_VARIANT" migrate --noinput --database "$database"; }
done
step "does it answer?"
./manage.py "$SERVICE_VARIANT" shell <"$scripts/smoke.py"
