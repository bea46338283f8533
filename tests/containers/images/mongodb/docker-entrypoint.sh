#!/bin/bash
# As the entry point of MongoDB's image: a first start on localhost alone, which makes the root user and runs what is in
# /docker-entrypoint-initdb.d; then the server, which wants a login.
set -euo pipefail
data=/data/db
server=(ferretdb --handler=sqlite "--sqlite-url=file:$data/" "--state-dir=$data" --telemetry=disable --log-level=WARN
    --test-enable-new-auth --debug-addr=-)
if [ ! -e "$data/.root" ]; then
    FERRETDB_SETUP_USERNAME=$MONGO_INITDB_ROOT_USERNAME FERRETDB_SETUP_DATABASE=admin \
        FERRETDB_SETUP_PASSWORD=$(cat "$MONGO_INITDB_ROOT_PASSWORD_FILE") \
        "${server[@]}" --listen-addr=127.0.0.1:27027 &
    first=$!
    until (exec 3<>/dev/tcp/127.0.0.1/27027) 2>/dev/null; do sleep 0.2; done
    touch "$data/.root"
    for script in /docker-entrypoint-initdb.d/*.sh; do
        if [ -e "$script" ]; then . "$script"; fi
    done
    kill "$first"
    wait "$first" || true
fi
exec "${server[@]}" --listen-addr=0.0.0.0:27017
