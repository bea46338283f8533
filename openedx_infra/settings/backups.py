"""Names of the parts of backups, in the graph, in commands and in alert rules."""

from __future__ import annotations

BACKUP = "backup"
"""CronJob that makes a backup by the clock, in the instance's namespace. Its `lastSuccessfulTime`
(kube_cronjob_status_last_successful_time) is when the last one was made."""
BEFORE = "backup-before"
"""Job that makes one before migrations."""
LIST = "backup-list"
"""CronJob of a verb: prints the backups that there are, as JSON."""
CHECK = "backup-check"
"""CronJob of a verb: fetches a backup and proves it whole."""
RESTORE = "backup-restore"
"""CronJob of a verb: overwrites the instance's data by a backup's."""
RESTORE_TEST = "drill"
"""CronJob that proves, in `Stack.restore_test_namespace`, that the newest backup can be restored. Its
`lastSuccessfulTime` is when that was proved last."""
SOFTWARE = "backup"
"""Software label of pods that make and restore backups."""
SCRATCH = "openedx.org/scratch"
"""Annotation of namespaces and volumes whose loss loses nothing, as all of it is elsewhere, too; its value
says where."""
