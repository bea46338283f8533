#!/usr/bin/env bash
# Makes the platform's databases and their user on MySQL servers, and rotates passwords.
#
# Environment: MYSQL_HOST, MYSQL_PORT, DATABASE, DATABASE_USER. May be empty or absent:
#   ADMIN_USER (root)                     who makes databases and users
#   OWN_SERVER (true)                     false where the administrator's own password is not ours to change
#   HISTORY_DATABASE                      a second database; on another server with HISTORY_HOST and HISTORY_PORT
#   and what mysql_client.sh knows
# Files in SECRETS_DIR (/openedx/secrets): mysql_root_password, which is the administrator's, mysql_password, and while
# the administrator's password is being changed mysql_root_password_previous.
#
# Passwords reach the client through pipes that this shell writes to: they are in no argument, variable of a process or
# file. A changed password of the user leaves the former one valid until the next change, so that pods that still have
# it go on working while they are replaced.
set -euo pipefail

. "$(dirname "$0")/mysql_client.sh"
: "${MYSQL_HOST:?}" "${MYSQL_PORT:?}" "${DATABASE:?}" "${DATABASE_USER:?}"
admin=${ADMIN_USER:-root}

step() { printf '%s\n' "mysql_provision: $*"; }
fail() { step "failed: $*" >&2; exit 1; }

# Quotes a value for SQL.
literal() { local v=${1//\\/\\\\}; printf "'%s'" "${v//\'/\'\'}"; }

# Runs SQL from standard input as a user with the password in a file of secrets. Of its complaints only the errors
# are shown: some clients repeat the statement, with the password in it.
as() {
    local user=$1 password=$2
    { mysql --defaults-extra-file=<(
        printf '[client]\nuser=%s\npassword=%s\n' "$(option "$user")" "$(option "$(secret "$password")")"
    ) --protocol=tcp --host="$host" --port="$port" --connect-timeout=10 "${encrypted[@]}" --batch \
        --skip-column-names 2>&1 >&3 | sed -n '/^ERROR/p' >&2; } 3>&1
}
works() { printf 'SELECT 1;' | as "$1" "$2" >/dev/null 2>&1; }
administer() { as "$admin" mysql_root_password; }

wait_for_server() {
    step "1 of 4: waiting for $host:$port"
    local attempt
    for attempt in $(seq "${ATTEMPTS:-30}"); do
        # Answers whether the server runs, even when it refuses the login.
        if mysqladmin --no-defaults --protocol=tcp --host="$host" --port="$port" --connect-timeout=5 \
            --user=nobody ping >/dev/null 2>&1; then return; fi
        if [ "$attempt" = "${ATTEMPTS:-30}" ]; then fail "no server answers at $host:$port"; fi
        sleep "${PAUSE_SECONDS:-2}"
    done
}

demand_administrator() {
    step "2 of 4: password of $admin"
    if works "$admin" mysql_root_password; then return; fi
    if [ "${OWN_SERVER:-true}" != true ]; then
        local error
        error=$(printf 'SELECT 1;' | administer 2>&1 >/dev/null) || true
        fail "$admin can't log in at $host ($error): put the right mysql_root_password into openedx:secrets"
    fi
    [ -e "$secrets/mysql_root_password_previous" ] && works "$admin" mysql_root_password_previous ||
        fail "the server accepts neither mysql_root_password nor a previous one: put back the password that it has"
    local account password
    account=$(literal "$admin") password=$(literal "$(secret mysql_root_password)")
    printf 'ALTER USER IF EXISTS %s@"%%" IDENTIFIED BY %s, %s@localhost IDENTIFIED BY %s;' \
        "$account" "$password" "$account" "$password" | as "$admin" mysql_root_password_previous
    step "the password of $admin was changed"
}

make_database() {
    step "3 of 4: database $1"
    printf 'CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;' "$1" | administer
}

make_user() {
    step "4 of 4: user $DATABASE_USER"
    local password account version retain
    password=$(literal "$(secret mysql_password)") account="$(literal "$DATABASE_USER")@'%'"
    printf 'CREATE USER IF NOT EXISTS %s IDENTIFIED BY %s;' "$account" "$password" | administer
    if works "$DATABASE_USER" mysql_password; then return; fi
    version=$(printf 'SELECT VERSION();' | administer)
    # MariaDB knows one password for each account.
    case $version in *MariaDB*) retain= ;; *) retain=' RETAIN CURRENT PASSWORD' ;; esac
    printf 'ALTER USER %s IDENTIFIED BY %s%s;' "$account" "$password" "$retain" | administer
    step "the password of $DATABASE_USER was changed"
}

# An underscore in a GRANT stands for any character: escaped, the rights end at this database. With partial_revokes,
# as some managed servers have it, it stands for itself.
grant() {
    local name=${1//_/\\_}
    case $(printf "SHOW VARIABLES LIKE 'partial_revokes';" | administer) in *ON) name=$1 ;; esac
    printf 'GRANT ALL PRIVILEGES ON `%s`.* TO %s;' "$name" "$(literal "$DATABASE_USER")@'%'" | administer
}

# On a server, makes databases and the user who may use them.
provision() {
    host=$1 port=$2
    shift 2
    wait_for_server
    demand_administrator
    local database
    for database; do make_database "$database"; done
    make_user
    # The second is what `import data` loads beside the first, until it is whole (scripts/transfer/).
    for database; do grant "$database"; grant "${database}_import"; done
    works "$DATABASE_USER" mysql_password || fail "$DATABASE_USER can't log in"
}

history=${HISTORY_DATABASE:-}
if [ -n "${HISTORY_HOST:-}" ] && [ "$HISTORY_HOST:${HISTORY_PORT:-}" != "$MYSQL_HOST:$MYSQL_PORT" ]; then
    provision "$MYSQL_HOST" "$MYSQL_PORT" "$DATABASE"
    provision "$HISTORY_HOST" "${HISTORY_PORT:-$MYSQL_PORT}" "$history"
else
    provision "$MYSQL_HOST" "$MYSQL_PORT" "$DATABASE" ${history:+"$history"}
fi
step "done"
