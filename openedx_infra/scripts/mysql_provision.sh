#!/usr/bin/env bash
# Makes the platform's database and its user on a MySQL server, and rotates passwords.
#
# Environment: MYSQL_HOST, MYSQL_PORT, DATABASE, DATABASE_USER.
# Files in SECRETS_DIR (/openedx/secrets): mysql_root_password, mysql_password, and while root's password is being
# changed mysql_root_password_previous.
#
# Passwords reach the client through pipes that this shell writes to: they are in no argument, variable of a process or
# file. A changed password of the user leaves the former one valid until the next change, so that pods that still have
# it go on working while they are replaced.
set -euo pipefail

secrets=${SECRETS_DIR:-/openedx/secrets}
: "${MYSQL_HOST:?}" "${MYSQL_PORT:?}" "${DATABASE:?}" "${DATABASE_USER:?}"

step() { printf '%s\n' "mysql_provision: $*"; }
fail() { step "failed: $*" >&2; exit 1; }
secret() { local value; value=$(<"$secrets/$1"); printf '%s' "$value"; }

# Quotes a value for an option file, and for SQL.
option() { local v=${1//\\/\\\\}; printf '"%s"' "${v//\"/\\\"}"; }
literal() { local v=${1//\\/\\\\}; printf "'%s'" "${v//\'/\'\'}"; }

# Runs SQL from standard input as a user with the password in a file of secrets. Of its complaints only the errors
# are shown: some clients repeat the statement, with the password in it.
as() {
    local user=$1 password=$2
    { mysql --defaults-extra-file=<(
        printf '[client]\nuser=%s\npassword=%s\n' "$(option "$user")" "$(option "$(secret "$password")")"
    ) --protocol=tcp --host="$MYSQL_HOST" --port="$MYSQL_PORT" --connect-timeout=10 --batch --skip-column-names \
        2>&1 >&3 | sed -n '/^ERROR/p' >&2; } 3>&1
}
works() { printf 'SELECT 1;' | as "$1" "$2" >/dev/null 2>&1; }

step "1 of 4: waiting for $MYSQL_HOST:$MYSQL_PORT"
for attempt in $(seq "${ATTEMPTS:-30}"); do
    # Answers whether the server runs, even when it refuses the login.
    if mysqladmin --no-defaults --protocol=tcp --host="$MYSQL_HOST" --port="$MYSQL_PORT" --connect-timeout=5 \
        --user=nobody ping >/dev/null 2>&1; then break; fi
    if [ "$attempt" = "${ATTEMPTS:-30}" ]; then fail "no server answers at $MYSQL_HOST:$MYSQL_PORT"; fi
    sleep "${PAUSE_SECONDS:-2}"
done

step "2 of 4: root's password"
if ! works root mysql_root_password; then
    [ -e "$secrets/mysql_root_password_previous" ] && works root mysql_root_password_previous ||
        fail "the server accepts neither mysql_root_password nor a previous one: put back the password that it has"
    root=$(literal "$(secret mysql_root_password)")
    printf 'ALTER USER IF EXISTS root@"%%" IDENTIFIED BY %s, root@localhost IDENTIFIED BY %s;' "$root" "$root" |
        as root mysql_root_password_previous
    step "root's password was changed"
fi

step "3 of 4: database $DATABASE"
printf 'CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;' "$DATABASE" |
    as root mysql_root_password

step "4 of 4: user $DATABASE_USER"
password=$(literal "$(secret mysql_password)")
account="$(literal "$DATABASE_USER")@'%'"
printf 'CREATE USER IF NOT EXISTS %s IDENTIFIED BY %s;' "$account" "$password" | as root mysql_root_password
if ! works "$DATABASE_USER" mysql_password; then
    version=$(printf 'SELECT VERSION();' | as root mysql_root_password)
    # MariaDB knows one password for each account.
    case $version in *MariaDB*) retain= ;; *) retain=' RETAIN CURRENT PASSWORD' ;; esac
    printf 'ALTER USER %s IDENTIFIED BY %s%s;' "$account" "$password" "$retain" | as root mysql_root_password
    step "the password of $DATABASE_USER was changed"
fi
# An underscore in a GRANT stands for any character: escaped, the rights end at this database.
printf 'GRANT ALL PRIVILEGES ON `%s`.* TO %s;' "${DATABASE//_/\\_}" "$account" | as root mysql_root_password
works "$DATABASE_USER" mysql_password || fail "$DATABASE_USER can't log in"
step "done"
