#!/usr/bin/env bash
# Dumps the platform's databases to files, or loads such files into fresh databases: `mysql.sh dump`, `mysql.sh load`.
#
# Environment: MYSQL_HOST, MYSQL_PORT, DATABASE, DATABASE_USER, DATABASES_DIR. May be empty or absent:
#   HISTORY_DATABASE                      a second database; on another server with HISTORY_HOST and HISTORY_PORT
#   SERVICES                              databases of companion services: file, database, user and secret, a line each
#   BEFORE_SERVICES                       true where these are perhaps not there yet
#   and what mysql_client.sh knows
# Files in SECRETS_DIR (/openedx/secrets): mysql_password, and those that SERVICES names.
#
# Needs no more than the platform's own user may do. The password reaches the client through a pipe that this shell
# writes to. Nothing is locked: each dump is one transaction, and the platform goes on writing.
set -euo pipefail
umask 027

. "$(dirname "$0")/mysql_client.sh"
: "${MYSQL_HOST:?}" "${MYSQL_PORT:?}" "${DATABASE:?}" "${DATABASE_USER:?}" "${DATABASES_DIR:?}"
folder=$DATABASES_DIR/mysql
ended='^-- Dump completed'

step() { printf '%s\n' "backup: mysql: $*"; }
fail() { step "failed: $*" >&2; exit 1; }
is_mariadb() { case $(mysql --version) in *MariaDB*) ;; *) false ;; esac; }

# MySQL's mysqldump asks for rights beyond the platform's databases unless it is told not to; MariaDB's does not know
# these words.
own=(--set-gtid-purged=OFF --column-statistics=0)
if is_mariadb; then own=(); fi

# Who logs in, and the file with the password.
user=$DATABASE_USER password=mysql_password
client() {
    local program=$1 host=$2 port=$3
    shift 3
    "$program" --defaults-extra-file=<(
        printf '[client]\nuser=%s\npassword=%s\n' "$(option "$user")" "$(option "$(secret "$password")")"
    ) --protocol=tcp --host="$host" --port="$port" ${encrypted[@]+"${encrypted[@]}"} \
        --default-character-set=utf8mb4 "$@"
}

whole() { [ -s "$1" ] && tail -c 200 "$1" | grep -q "$ended"; }

# Their files have names of their own, so that they can be loaded where the databases are called otherwise.
dump() {
    local file=$folder/$1.sql name=$2 host=$3 port=$4
    step "dumping database $name"
    client mysqldump "$host" "$port" ${own[@]+"${own[@]}"} --single-transaction --quick --routines --triggers \
        --events --hex-blob --no-tablespaces "$name" >"$file" || fail "database $name could not be dumped"
    whole "$file" || fail "the dump of $name has no end"
}

# Views and triggers that an administrator made would need his rights: they become the platform's own. Lines with data
# begin otherwise.
without_definers() {
    sed -e '/^\/\*!5\|^CREATE DEFINER=/s/DEFINER=`[^`]*`@`[^`]*`//' "$1"
}

load() {
    local file=$folder/$1.sql name=$2 host=$3 port=$4
    step "loading database $name"
    # A site's databases are replaced as a whole: a table that came after the backup must not stay.
    printf 'DROP DATABASE IF EXISTS `%s`; CREATE DATABASE `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;' \
        "$name" "$name" | client mysql "$host" "$port" || fail "database $name could not be made anew"
    without_definers "$file" | client mysql "$host" "$port" "$name" || fail "the dump of $name could not be loaded"
}

# Whether the user of a service may log in, and its database is there.
is_there() {
    local error
    if error=$(printf 'SELECT 1;' | client mysql "$MYSQL_HOST" "$MYSQL_PORT" "$1" 2>&1 >/dev/null); then return; fi
    case $error in
        *'ERROR 1045 '* | *'ERROR 1049 '* | *'ERROR 1044 '*) return 1 ;;
        *) fail "database $1 can't be reached: $error" ;;
    esac
}

# Databases of companion services, on the platform's server.
services() {
    local file database
    while read -r -u 4 file database user password; do
        [ -n "$file" ] || continue
        if [ "$1" = dump ] && [ "${BEFORE_SERVICES:-}" = true ] && ! is_there "$database"; then
            step "database $database is not there yet: it is left out"
        elif [ "$1" = load ] && [ ! -e "$folder/$file.sql" ]; then
            step "database $database is not in this backup: it stays as it is"
        else
            "$1" "$file" "$database" "$MYSQL_HOST" "$MYSQL_PORT"
        fi
    done 4<<<"${SERVICES:-}"
}

case ${1:-} in dump | load) ;; *) fail "the command is one of: dump, load" ;; esac
mkdir -p "$folder"
if [ "$1" = load ]; then
    for file in main ${HISTORY_DATABASE:+history}; do
        whole "$folder/$file.sql" || fail "there is no whole dump $file.sql: nothing was overwritten"
    done
    for file in "$folder"/service-*.sql; do
        [ ! -e "$file" ] || whole "$file" || fail "the dump ${file##*/} is not whole: nothing was overwritten"
    done
fi
# The history refers to rows of the main database: it is dumped before, so that all that it refers to is there.
if [ -n "${HISTORY_DATABASE:-}" ]; then
    "$1" history "$HISTORY_DATABASE" "${HISTORY_HOST:-$MYSQL_HOST}" "${HISTORY_PORT:-$MYSQL_PORT}"
fi
"$1" main "$DATABASE" "$MYSQL_HOST" "$MYSQL_PORT"
services "$1"
step "done"
