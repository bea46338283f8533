#!/bin/bash
# As the entry point of MySQL's image: a first start that listens on a socket alone, gives root its password, and runs
# what is in /docker-entrypoint-initdb.d; then the server.
set -euo pipefail
if [ "${1#-}" != "$1" ]; then set -- mysqld "$@"; fi
arguments=() data=/var/lib/mysql
for argument in "${@:2}"; do
    case $argument in
        --temptable-max-ram=*) ;; # MySQL's own
        *) arguments+=("$argument") ;;
    esac
    case $argument in --datadir=*) data=${argument#*=} ;; esac
done
socket=/run/mysqld/mysqld.sock
server=(mariadbd --no-defaults --socket="$socket" --pid-file=/run/mysqld/mysqld.pid "${arguments[@]}")
if [ ! -d "$data/mysql" ]; then
    mkdir -p "$data"
    mariadb-install-db --no-defaults --datadir="$data" --auth-root-authentication-method=normal --skip-test-db >/dev/null
    "${server[@]}" --skip-networking &
    first=$!
    until mariadb-admin --no-defaults --socket="$socket" ping >/dev/null 2>&1; do sleep 0.2; done
    password=$(sed -e "s/['\\\\]/\\\\&/g" "$MYSQL_ROOT_PASSWORD_FILE")
    mariadb --no-defaults --socket="$socket" --user=root <<SQL
ALTER USER root@localhost IDENTIFIED BY '$password';
CREATE USER root@'%' IDENTIFIED BY '$password';
GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;
SQL
    for script in /docker-entrypoint-initdb.d/*.sh; do
        if [ -e "$script" ]; then . "$script"; fi
    done
    kill "$first"
    wait "$first" || true
fi
exec "${server[@]}" --bind-address=0.0.0.0
