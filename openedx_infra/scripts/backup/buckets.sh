#!/bin/sh
# Copies uploaded files from buckets to a folder, or back: `buckets.sh out|in`; or publishes a proof: `buckets.sh publish`.
#
# Environment: DATABASES_DIR, FILES_DIR, BUCKETS (`public=name private=name …`), RCLONE_CONFIG, a file with the remotes
# `files` and `backups`; PROOFS, a folder as rclone names it.
set -eu
umask 027

: "${DATABASES_DIR:?}" "${FILES_DIR:?}"
step() { printf '%s\n' "backup: $*"; }
quiet() { rclone --log-level NOTICE --s3-no-check-bucket --retries 3 "$@"; }

# The times of the server, as asking for the files' own is one request for each of them.
out() {
    for pair in ${BUCKETS:-}; do
        step "fetching files of bucket ${pair#*=}"
        quiet sync --fast-list --use-server-modtime "files:${pair#*=}" "$FILES_DIR/${pair%%=*}"
    done
}

# Nothing is deleted: a file that came after the backup hurts nobody.
into() {
    for pair in ${BUCKETS:-}; do
        grep -qx "${pair%%=*}" "$DATABASES_DIR/parts" || continue
        case ${MASK:-}:${pair%%=*} in ?*:grades | ?*:ora) continue ;; esac # restic.sh left them out
        step "putting files into bucket ${pair#*=}"
        quiet copy --checksum "$FILES_DIR/${pair%%=*}" "files:${pair#*=}"
        quiet check --one-way "$FILES_DIR/${pair%%=*}" "files:${pair#*=}"
    done
}

publish() {
    quiet copyto "$DATABASES_DIR/proof.json" "$PROOFS/latest.json"
    quiet copyto "$DATABASES_DIR/proof.json" "$PROOFS/$(date -u +%Y-%m-%dT%H%M%SZ).json"
    step "proof published"
}

case ${1:-} in out) out ;; in) into ;; publish) publish ;; *) step "failed: the command is one of: out, in, publish"; exit 1 ;; esac
