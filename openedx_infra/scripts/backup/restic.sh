#!/bin/sh
# Keeps a backup, lists what is kept, or fetches a backup and proves it whole: `restic.sh keep|list|fetch|files`.
#
# Environment: DATABASES_DIR, FILES_DIR, RESTIC_REPOSITORY, RESTIC_PASSWORD_FILE, AWS_SHARED_CREDENTIALS_FILE,
# BUCKET_LOOKUP (auto, dns, path), INSTANCE.
#   keep    KINDS (of uploaded files; empty: there are none), KIND (scheduled, by-hand, before-upgrade, before-restore), KEEP_DAILY, KEEP_WEEKLY, KEEP_MONTHLY, KEEP_OTHERS
#   fetch   SNAPSHOT (latest: of those that the clock or people made; or the beginning of an ID), FILES (true: prove uploaded files readable, too)
#   files   puts uploaded files of what was fetched where they belong; with MASK, none of learners'
# Every byte that restic reads is authenticated: what was changed, or is not all there, ends this with an error.
set -eu
umask 027

: "${DATABASES_DIR:?}" "${FILES_DIR:?}" "${RESTIC_REPOSITORY:?}" "${RESTIC_PASSWORD_FILE:?}" "${INSTANCE:?}"
wait_for_lock=${WAIT_FOR_LOCK:-30m}

step() { printf '%s\n' "backup: $*"; }
fail() { step "failed: $*" >&2; exit 1; }
# Without a cache: a pod begins with an empty disk, and has no use for one.
repository() { restic --no-cache -o "s3.bucket-lookup=${BUCKET_LOOKUP:-auto}" "$@"; }
locked() { repository --retry-lock "$wait_for_lock" "$@"; }

# restic's own words for its exit codes: 10 there is no repository, 12 the password is wrong.
demand_repository() {
    code=0
    error=$(repository cat config 2>&1 >/dev/null) || code=$?
    case $code in
        0) return 0 ;;
        10) return 1 ;;
        12) fail "the password is not that of the backups in $RESTIC_REPOSITORY: put the right backup_password into openedx:secrets" ;;
        *) fail "no backups can be reached at $RESTIC_REPOSITORY: $error" ;;
    esac
}

# The full ID of a snapshot. The latest is none of those that verbs made on their way: the first `up` in a fresh cluster
# keeps databases that are empty yet, and a restore keeps what is broken. restic ignores filters where an ID is given:
# whose backup that is, `check` asks.
chosen() {
    set -- "${SNAPSHOT:-latest}"
    [ "$1" != latest ] || set -- --host "$INSTANCE" --tag scheduled --tag by-hand latest
    ids "$@"
}
ids() { repository snapshots --json "$@" 2>/dev/null | sed -n 's/.*"id":"\([0-9a-f]*\)".*/\1/p'; }
demand_snapshot() {
    demand_repository || fail "there are no backups at $RESTIC_REPOSITORY"
    snapshot=$(chosen) || true
    case $snapshot in
        "") fail "there is no backup ${SNAPSHOT:-latest} of $INSTANCE at $RESTIC_REPOSITORY, or several" ;;
    esac
}

# A volume's file system may keep a folder of its own at its root, which is root's.
# restic's code 3: some files could not be read, and what could be is kept. Nobody means that by the latest backup.
kept() {
    code=0
    locked backup --host "$INSTANCE" --tag "$KIND" --group-by host --exclude lost+found "$DATABASES_DIR" \
        ${KINDS:+"$FILES_DIR"} || code=$?
    [ "$code" != 3 ] || locked tag --set incomplete "$(ids --host "$INSTANCE" --tag "$KIND" latest)"
    return "$code"
}

keep() {
    # What writes at the same time as another may both make the repository: the second finds it made.
    demand_repository || repository init || demand_repository || fail "no repository could be made"
    # Only locks whose owner is gone are taken away.
    repository unlock
    step "keeping a backup (${KIND:?})"
    # Files that went while they were read are no longer looked for the second time.
    kept || { [ $? = 3 ] && kept; } || fail "no whole backup was kept"
    # What is about to be restored may be the oldest of its kind: before a restore, none goes.
    [ "$KIND" = before-restore ] || thin_out
    locked check
}

# restic frees the room of what the same command has forgotten, and of nothing else.
thin_out() {
    step "thinning out"
    locked forget --host "$INSTANCE" --group-by host --tag scheduled --keep-daily "$KEEP_DAILY" \
        --keep-weekly "$KEEP_WEEKLY" --keep-monthly "$KEEP_MONTHLY" --keep-last 1 --prune
    locked forget --host "$INSTANCE" --group-by host,tags --tag by-hand --tag before-upgrade --tag before-restore \
        --tag incomplete --keep-last "$KEEP_OTHERS" --prune
}

list() {
    demand_repository || { printf '[]\n'; return; }
    repository snapshots --json --host "$INSTANCE"
}

fetch() {
    demand_snapshot
    step "fetching backup $snapshot"
    locked restore "$snapshot:$DATABASES_DIR" --target "$DATABASES_DIR" --verify ||
        fail "backup $snapshot is damaged, or not all there: nothing was overwritten"
    printf '%s' "$snapshot" >"$DATABASES_DIR/snapshot"
    [ "${FILES:-true}" = true ] || return 0
    while read -r part; do
        step "reading $part files of backup $snapshot"
        locked dump --archive tar "$snapshot" "$FILES_DIR/$part" >/dev/null ||
            fail "$part files of backup $snapshot are damaged, or not all there: nothing was overwritten"
    done <"$DATABASES_DIR/parts"
}

# What `fetch` has proved whole, and no other backup that was made meanwhile.
files() {
    snapshot=$(cat "$DATABASES_DIR/snapshot")
    while read -r part; do
        case " $KINDS " in *" $part "*) ;; *) step "$part files stay out: nobody has a place for them"; continue ;; esac
        only=
        if [ -n "${MASK:-}" ]; then
            case $part in
                grades | ora) step "$part files stay out: they are learners'"; continue ;;
                media | public) only="--exclude /profile-images --exclude /django-pyfs" ;;
                private) only="--include /openedx-learning --include /transcripts" ;;
            esac
        fi
        step "putting $part files back"
        locked restore "$snapshot:$FILES_DIR/$part" --target "$FILES_DIR/$part" --overwrite if-changed $only
    done <"$DATABASES_DIR/parts"
}

case ${1:-} in keep | list | fetch | files) "$1" ;; *) fail "the command is one of: keep, list, fetch, files" ;; esac
