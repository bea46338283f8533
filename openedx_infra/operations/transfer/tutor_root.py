"""The databases and files of a Tutor root, by commands in its containers. Nothing in it is changed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.imports.draft import Unresolved
from openedx_infra.operations.imports.tutor.values import TutorValues
from openedx_infra.operations.transfer.place import Place
from openedx_infra.operations.transfer.source import MAIN, Dump, Folder

MODES = ("local", "dev", "k8s")
_FOLDERS = {
    "media": "data/openedx-media",
    "private": "data/openedx-media-private",
    "ora2": "data/lms/ora2",
}
VOLATILE = ("django_session",)
"""Tables that change while nobody works: they tell nothing about a site that was put to rest."""
_MYSQLDUMP = (
    "exec mysqldump --defaults-extra-file=LOGIN --single-transaction --quick --hex-blob --no-tablespaces "
    "--set-gtid-purged=OFF --column-statistics=0 --default-character-set=utf8mb4 "
)
_CHECKSUMS = (
    "SET SESSION group_concat_max_len = 10000000;"
    "SELECT CONCAT('CHECKSUM TABLE ', GROUP_CONCAT(CONCAT('`', table_name, '`'))) INTO @asked FROM "
    "information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE';"
    "PREPARE asked FROM @asked; EXECUTE asked;"
)


@dataclass(frozen=True, kw_only=True)
class TutorSource:
    """One Tutor root."""

    place: Place
    mode: str
    """How Tutor runs it: `local`, `dev` or `k8s`."""
    values: TutorValues

    @property
    def title(self) -> str:
        """In words."""
        return f"Tutor root {self.place} ({self.mode})"

    def mysql(self, fingerprint: Mapping[str, str], done: Mapping[str, str]) -> Sequence[Dump]:
        """The platform's database, dumped as one transaction, without tables that came before and did not
        change since."""
        self._demand_server("RUN_MYSQL", "MySQL", "*.sql")
        database = self._value("OPENEDX_MYSQL_DATABASE", "openedx")
        identities = {table: f"checksum {checksum}" for table, checksum in fingerprint.items()}
        there = [table for table, identity in identities.items() if done.get(f"{MAIN}.{table}") == identity]
        ignored = [f"--ignore-table={database}.{table}" for table in sorted(there)]
        script = client(_MYSQLDUMP) + shlex.join([*ignored, database])
        return [
            Dump(
                name=f"database {database}",
                identity=self._identity(),
                identities=identities,
                place=self.place,
                command=self.inside("mysql", ["bash", "-c", script]),
                given=self._password(),
                databases={database: MAIN},
            )
        ]

    def mongodb(self) -> Sequence[Dump]:
        """All databases of its MongoDB: courses, and discussions where they are there."""
        self._demand_server("RUN_MONGODB", "MongoDB", "*.archive")
        if self._value("MONGODB_USERNAME", ""):
            raise OperationError(
                "The site's MongoDB asks for a password, which this command doesn't hand over.",
                remedy="dump it by `mongodump --archive` to a file, and import that by --from dump",
            )
        command = self.inside("mongodb", ["mongodump", "--archive", "--quiet"])
        return [Dump(name="MongoDB", identity=self._identity(), place=self.place, command=command)]

    def folders(self) -> Sequence[Folder]:
        """Folders with uploaded files, on the machine that Tutor runs on. In Kubernetes there are none."""
        if self.mode == "k8s":
            return []
        script = 'cd "$1" && shift && for each; do [ -d "$each" ] && printf "%s\\n" "$each"; done; true'
        words = ["sh", "-c", script, "sh", self.place.path, *_FOLDERS.values()]
        there = set(self.place.text(words).splitlines())
        return [
            Folder(kind=kind, place=Place(path=f"{self.place.path}/{path}", host=self.place.host))
            for kind, path in _FOLDERS.items()
            if path in there
        ]

    def fingerprint(self) -> Mapping[str, str]:
        """Checksums of all tables: the server reads each of them once for it."""
        database = self._value("OPENEDX_MYSQL_DATABASE", "openedx")
        script = client("exec mysql --defaults-extra-file=LOGIN --batch --skip-column-names ") + shlex.quote(
            database
        )
        given = self._password() + _CHECKSUMS.encode()
        lines = self.place.text(self.inside("mysql", ["bash", "-c", script]), given).splitlines()
        pairs = (line.split("\t") for line in lines if "\t" in line)
        sums = {name.partition(".")[2]: checksum for name, checksum in pairs}
        return {name: checksum for name, checksum in sums.items() if name not in VOLATILE}

    def hosts(self) -> Mapping[str, str]:
        """Names of the old site."""
        names = {"lms_host": "LMS_HOST", "studio_host": "CMS_HOST"}
        return {ours: self._value(theirs, "") for ours, theirs in names.items()}

    def inside(self, service: str, words: Sequence[str]) -> list[str]:
        """A command in a container of the old site."""
        if self.mode == "k8s":
            namespace = self._value("K8S_NAMESPACE", "openedx")
            return ["kubectl", "--namespace", namespace, "exec", "-i", f"deployment/{service}", "--", *words]
        project = self._value(f"{self.mode.upper()}_PROJECT_NAME", f"tutor_{self.mode}")
        file = f"{self.place.path}/env/local/docker-compose.yml"
        return ["docker", "compose", "--file", file, "--project-name", project, "exec", "-T", service, *words]

    def _demand_server(self, switch: str, server: str, pattern: str) -> None:
        if not self.values.flag(switch):
            raise OperationError(
                f"The site's {server} is outside of Tutor ({switch} is false).",
                remedy=f"dump it to a file {pattern} there, and import that by --from dump",
            )

    def _identity(self) -> str:
        """Of a server that runs, nothing tells what an earlier run saw: everything is sent again."""
        import secrets

        return f"live {secrets.token_hex(8)}"

    def _password(self) -> bytes:
        return self._value("MYSQL_ROOT_PASSWORD", "").encode() + b"\n"

    def _value(self, name: str, default: str) -> str:
        try:
            return (self.values.text(name) if name in self.values else "") or self._default(name, default)
        except Unresolved as error:
            raise OperationError(f"{name} of config.yml {error}.", remedy="write its value there") from error

    def _default(self, name: str, default: str) -> str:
        return default or (self.values.text(name) if name in ("LMS_HOST", "CMS_HOST") else "")


def client(command: str) -> str:
    """A script that logs in with the password on the first line of its input."""
    file = '<(printf \'[client]\\nuser=root\\npassword=%s\\n\' "$(quoted "$p")")'
    quoted = 'quoted() { local v=${1//\\\\/\\\\\\\\}; printf \'"%s"\' "${v//\\"/\\\\\\"}"; }; '
    return f"IFS= read -r p; {quoted}{command.replace('LOGIN', file)}"


def tutor_source(place: Place, mode: str) -> TutorSource:
    """Read the settings of a root. Raises OperationError where it is none."""
    if mode not in MODES:
        raise OperationError(
            f"--tutor-mode: {mode!r} is not known.", remedy=f"write one of {', '.join(MODES)}"
        )
    text = place.text(["cat", f"{place.path}/config.yml"])
    config: Any = yaml.safe_load(text)
    if not isinstance(config, Mapping):
        raise OperationError(
            f"{place}/config.yml is no map of settings.",
            remedy="name the folder that `tutor config printroot` prints",
        )
    return TutorSource(place=place, mode=mode, values=TutorValues({str(k): v for k, v in config.items()}))
