"""Lists of backups and fetched IDs read from logs, Jobs made from CronJobs, and the rows of a dump."""

from __future__ import annotations

from pathlib import Path

from openedx_infra.operations.backups.backup import Backup, listed
from openedx_infra.operations.backups.restore import fetched_id
from openedx_infra.operations.cluster.run_job import job_of
from openedx_infra.scripts.backup import rows

LISTED = (
    '[{"time":"2026-11-23T02:17:05.1Z","id":"1a2b3c4d5e","short_id":"1a2b3c4d","tags":["scheduled"],'
    '"summary":{"total_bytes_processed":1048576}},{"time":"2026-11-24T02:17:05.1Z","short_id":"5e6f7a8b"}]'
)


def test_the_list_of_backups() -> None:
    assert listed(["a warning", LISTED]) == [
        Backup(id="1a2b3c4d", time="2026-11-23 02:17:05", kind="scheduled", size=1048576),
        Backup(id="5e6f7a8b", time="2026-11-24 02:17:05", kind="?", size=0),
    ]
    assert listed([]) == [] and listed(["[]"]) == []


def test_which_backup_was_fetched() -> None:
    assert fetched_id(["restoring", "backup: fetching backup 1a2b3c", "done"]) == "1a2b3c"
    assert fetched_id(["restoring"]) is None


def test_a_job_of_a_cron_job_is_its_own_with_words_laid_over() -> None:
    container = {"name": "main", "env": [{"name": "KIND", "value": "scheduled"}, {"name": "A", "value": "1"}]}
    pod = {"containers": [container], "initContainers": [{"name": "first"}]}
    template = {"metadata": {"labels": {"x": "y"}}, "spec": {"backoffLimit": 0, "template": {"spec": pod}}}
    owner = {"name": "backup", "namespace": "openedx-dev", "uid": "u"}
    job = job_of({"metadata": owner, "spec": {"jobTemplate": template}}, "backup-1", {"KIND": "by-hand"})
    assert job["metadata"]["ownerReferences"][0]["uid"] == "u" and job["metadata"]["labels"] == {"x": "y"}
    made = job["spec"]["template"]["spec"]
    assert made["containers"][0]["env"] == [{"name": "A", "value": "1"}, {"name": "KIND", "value": "by-hand"}]
    assert made["initContainers"][0]["env"] == [{"name": "KIND", "value": "by-hand"}]
    assert container["env"][0] == {"name": "KIND", "value": "scheduled"}, "what was read stays as it is"


def test_rows_of_a_dump(tmp_path: Path) -> None:
    """As MySQL writes it, many rows a line, and as MariaDB does, one a line; texts hold anything."""
    dump = tmp_path / "main.sql"
    dump.write_text(
        "CREATE TABLE `a` (\n  `id` int\n);\n"
        "INSERT INTO `a` VALUES (1,'x'),(2,'(y),(z\\'),('),(3,'it''s ('),(4,_binary 'b(\\\\');\n"
        "CREATE TABLE `odd ``b` (\n  `id` int\n);\n"
        "INSERT INTO `odd ``b` (`id`) VALUES\n(1,'VALUES ('),\n(2,NULL),\n(3,0xAB28);\n"
        "CREATE TABLE `empty` (\n  `id` int\n);\n"
        "/*!50001 CREATE VIEW `v` AS SELECT 1 AS `x`*/;\n(no row)\n"
    )
    assert rows.in_dump(dump) == {"a": 4, "odd `b": 3, "empty": 0}
