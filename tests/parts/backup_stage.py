"""Backups and restores in folders that are a pod's, with the containers of a recorded
graph as processes, and servers of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s3_server import S3Server
from servers import HOST, SYSTEM_PYTHON, MariaDb, Process, wait

from openedx_infra import scripts
from openedx_infra.components.backups import destination
from openedx_infra.components.backups.parameters import parameters
from openedx_infra.components.backups.pods import DATABASES_DIR, FOLDER, PACKAGES
from openedx_infra.components.backups.service_databases import service_databases
from openedx_infra.components.backups.uploads import FILES_DIR
from openedx_infra.config import Stack
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.settings import paths
from openedx_infra.settings.connections import Buckets, Endpoint, Mongodb, Mysql

PASSWORD = 'wörd \\ "1" \''
"""Of both databases: with all that shells, option files and SQL trip over."""
SERVICE_PASSWORD = "a service's own"
BACKUP_PASSWORD = "kept elsewhere, too"
USER = "openedx"


class FerretDb(Process):
    """A server of MongoDB's protocol, with one user."""

    def start(self, binary: Path, password: str = PASSWORD) -> None:
        self.run(
            [
                str(binary),
                "--handler=sqlite",
                f"--sqlite-url=file:{self.folder}/",
                f"--state-dir={self.folder}",
                f"--listen-addr={HOST}:{self.port}",
                "--telemetry=disable",
                "--debug-addr=-",
                "--log-level=WARN",
                "--test-enable-new-auth",
            ],
            FERRETDB_SETUP_USERNAME=USER,
            FERRETDB_SETUP_PASSWORD=password,
            FERRETDB_SETUP_DATABASE="admin",
        )
        wait(self.open, "ferretdb", self.log)


@dataclass(frozen=True)
class Ran:
    """How a pod ended: the container that failed, or none, and all that was said."""

    failed: str | None
    text: str


@dataclass
class Stage:
    """One instance, whose pods run here."""

    folder: Path
    stack: Stack
    graph: Graph
    tools: Mapping[str, Path]
    mysql: MariaDb
    mongodb: FerretDb
    s3: S3Server
    keys: tuple[str, str]
    """Login at the destination."""
    password: str = BACKUP_PASSWORD
    commands: list[list[str]] = field(default_factory=list)
    """All that was run."""

    def pod(self, name: str, **env: str) -> Ran:
        """Run a Job of a CronJob to its end: a new pod, whose scratch folders are empty."""
        self._prepare()
        said = []
        for container in self.containers(name):
            done = subprocess.run(
                self.command(container), env=self.environment(container, env), capture_output=True, text=True
            )
            said.append(done.stdout + done.stderr)
            if done.returncode:
                return Ran(container["name"], "".join(said))
        return Ran(None, "".join(said))

    def again(self, name: str, container: str) -> Ran:
        """Run one container of a Job once more, on what lies there."""
        [found] = [each for each in self.containers(name) if each["name"] == container]
        done = subprocess.run(
            self.command(found), env=self.environment(found, {}), capture_output=True, text=True
        )
        return Ran(container if done.returncode else None, done.stdout + done.stderr)

    def demand(self, name: str, **env: str) -> str:
        """Run one that must succeed; return what it said."""
        ran = self.pod(name, **env)
        assert ran.failed is None, f"{ran.failed}: {ran.text}"
        return ran.text

    def interrupted(self, name: str, container: str, seconds: float, **env: str) -> None:
        """Run a Job until one container has worked for some seconds, and kill it as a lost node would."""
        self._prepare()
        for each in self.containers(name):
            if each["name"] != container:
                subprocess.run(
                    self.command(each), env=self.environment(each, env), check=True, capture_output=True
                )
                continue
            process = subprocess.Popen(
                self.command(each),
                env=self.environment(each, env),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            time.sleep(seconds)
            assert process.poll() is None, "it was done before it was killed"
            os.killpg(process.pid, 9)
            process.wait()
            return

    def containers(self, name: str) -> list[Mapping[str, Any]]:
        """The containers of a CronJob's pod, in their order."""
        [found] = [r for r in self.graph.resources if (r.kind, r.name) == ("CronJob", name)]
        spec = self.graph.object(found)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        return [*spec.get("initContainers", ()), *spec["containers"]]

    def command(self, container: Mapping[str, Any]) -> list[str]:
        """What a container runs, on this machine."""
        words = [self._here(word) for word in container["command"]]
        words[0] = SYSTEM_PYTHON if words[0] == "python" else words[0]
        self.commands.append(words)
        return words

    def environment(self, container: Mapping[str, Any], env: Mapping[str, str]) -> dict[str, str]:
        """A container's environment, with the servers of this machine."""
        known = {each["name"]: self._here(each.get("value", "")) for each in container["env"]}
        folders = {str(path.parent) for path in self.tools.values()}
        known |= {"PATH": ":".join([*sorted(folders), "/usr/bin", "/bin"])}
        if "MYSQL_HOST" in known:
            known |= {"MYSQL_HOST": HOST, "MYSQL_PORT": str(self.mysql.port)}
        if "RESTIC_REPOSITORY" in known:
            known["WAIT_FOR_LOCK"] = "5s"
        return {
            **known,
            "PARAMETERS_DIR": str(self.folder / "parameters"),
            "SECRETS_DIR": str(self._secrets),
            **env,
        }

    @property
    def databases(self) -> Path:
        return self.folder / "databases"

    @property
    def _secrets(self) -> Path:
        return self.folder / "secrets"

    def _prepare(self) -> None:
        shutil.rmtree(self.databases, ignore_errors=True)
        for name in ("databases", "files", "home", "parameters", "secrets", "scripts/backup"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for name, text in scripts.package("backup").items():
            (self.folder / "scripts" / "backup" / name).write_text(text, encoding="utf-8")
        (self.folder / "parameters" / "backup.json").write_text(self._parameters(), encoding="utf-8")
        for name, text in self._secret_files().items():
            (self._secrets / name).write_text(text, encoding="utf-8")

    def _parameters(self) -> str:
        said, at = self.stack.backups, self.stack.datastores
        assert said is not None
        mysql = Mysql(
            endpoint=Endpoint(host=HOST, port=self.mysql.port),
            database=at.mysql.database,
            user=USER,
            history_database=at.mysql.history_database,
        )
        mongodb = Mongodb(
            members=(Endpoint(host=HOST, port=self.mongodb.port),),
            database=at.mongodb.database,
            user=USER,
            auth_database="admin",
        )
        return parameters(self.stack, said, mysql, mongodb, service_databases(self.stack))

    def _secret_files(self) -> dict[str, str]:
        assert self.stack.backups is not None
        theirs = (self.s3.secrets["s3_access_key"], self.s3.secrets["s3_secret_key"])
        buckets = Buckets(names={}, region="us-east-1", endpoint=self.s3.url)
        access, secret = self.keys
        return {
            "mysql_password": PASSWORD,
            "mongodb_password": PASSWORD,
            "xqueue_mysql_password": SERVICE_PASSWORD,
            "backup_password": self.password,
            "backup_credentials": destination.credentials(self.keys),
            "rclone.conf": destination.remotes(
                self.stack.backups.destination, (access, secret), theirs, buckets
            ),
        }

    def _here(self, value: str) -> str:
        """A value of the container's, with the folders of this machine."""
        own = {
            FOLDER: f"{self.folder}/scripts/backup",
            PACKAGES: f"{self.folder}/scripts",
            DATABASES_DIR: str(self.databases),
            FILES_DIR: f"{self.folder}/files",
            paths.SECRETS_DIR: str(self._secrets),
            "/tmp": f"{self.folder}/home",
        }
        for theirs, ours in own.items():
            if value == theirs or value.startswith(f"{theirs}/"):
                return value.replace(theirs, ours, 1)
        return value
