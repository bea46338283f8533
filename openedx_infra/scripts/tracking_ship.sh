#!/bin/sh
# Takes tracking events of finished minutes to a bucket, each minute and when the pod stops.
#
# tracking_ship.sh SPOOL REMOTE LIMIT [SECONDS]
#   SPOOL    folder with `open/`, which processes write to (settings/platform/spool.py)
#   REMOTE   where they go, in rclone's words; RCLONE_CONFIG names its configuration
#   LIMIT    KiB that may wait here: beyond them, the oldest are dropped
#   SECONDS  length of the minutes in the names of files (tests have short ones)
#
# A file is renamed, packed, and deleted only when it is in the bucket. Whoever is killed in between goes on
# with what lies in the folders: the same file has the same name in the bucket, and is never there twice.
set -u
stopping=
trap 'stopping=yes' TERM INT
spool=$1 remote=$2 limit=$3 seconds=${4:-60}
open="$spool/open" taken="$spool/taken" packed="$spool/packed"
mkdir -p "$open" "$taken" "$packed"

tell() { echo "tracking: $*" >&2; }

# Moves files of minutes before a time (seconds since 1970) out of the writers' reach.
take() {
    before=$(date -u -d "@$1" +%Y%m%d%H%M%S)
    find "$open" -type f -name '*.log' | while read -r file; do
        minute=${file##*-}
        if [ "${minute%.log}" -lt "$before" ]; then
            name=${file#"$open/"}
            mkdir -p "$taken/${name%/*}" && mv "$file" "$taken/$name"
        fi
    done
}

pack() {
    find "$taken" -type f -name '*.log' | while read -r file; do
        name=${file#"$taken/"}
        mkdir -p "$packed/${name%/*}" || return
        gzip -c "$file" > "$packed/$name.part" && mv "$packed/$name.part" "$packed/$name.gz" && rm "$file"
    done
}

# With --no-check-dest it asks for no list, and writes over what it had sent before it was killed.
ship() {
    [ -n "$(find "$packed" -type f -name '*.gz' | head -n 1)" ] || return 0
    rclone move "$packed" "$remote" --include '*.gz' --no-check-dest --no-traverse --retries 1 \
        --low-level-retries 2 --contimeout 5s --timeout 20s --stats 0 --log-level NOTICE
}

drop() {
    while [ "$(du -sk "$spool" | cut -f 1)" -gt "$limit" ]; do
        oldest=$(find "$packed" "$taken" -type f | sed 's/.*-\([0-9]*\)\.log.*/\1 &/' | sort | head -n 1)
        [ -n "$oldest" ] || return
        tell "the bucket is away for too long: dropped ${oldest#* }"
        rm "${oldest#* }"
    done
}

round() {
    take "$1"
    pack
    ship || tell "the bucket did not take all; the rest waits"
    drop
}

while [ -z "$stopping" ]; do
    # Twice: who began to write at the end of a minute is given another one to finish.
    round $(($(date +%s) - 2 * seconds))
    sleep "$seconds" &
    wait $!
done

# All writers have ended: Kubernetes stops sidecars last. It ends this one, too, when the pod's time is over.
after_all=$(($(date +%s) + 2 * seconds))
take "$after_all"
pack
until ship; do
    tell "the bucket does not answer: once more"
    sleep 2
done
