"""Checks of a MySQL server, and of the user's rights for migrations."""

import re
import time
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from . import mysql_greeting, mysql_options
from .report import Fault, Findings, has_secret, is_older, secret

LEAST, LEAST_MARIADB = (8, 0, 11), (10, 6)
"""Django 5.2 needs MySQL 8.0.11 or MariaDB 10.5, of which 10.6 is the oldest that is still mended."""
NEEDED = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES"})
"""What Django's migrations and the platform itself do."""
PACKET = 16 * 2**20
"""Bytes that one statement must be able to hold: the default of MariaDB (guessed to suffice)."""
SYSTEM_CA = "/etc/ssl/certs/ca-certificates.crt"
"""The authorities that Debian trusts."""
_MODES = {"full": "VERIFY_IDENTITY", "ca": "VERIFY_CA", "none": "REQUIRED"}


def check(store: dict[str, Any], findings: Findings) -> None:
    """Look at the server, its replica, and the server of the history of answers."""
    config = store["connection"]
    server = Server(store, config["endpoint"], findings)
    server.look("host")
    if not store["administrator"]:
        server.look_at(config["database"])
    _history(store, config, server, findings)
    for service in store.get("services", ()):
        _service(store, service, findings.report.of(service["key"], external=False))
    if config["replica"]:
        replica = Server(store, config["replica"], findings)
        replica.look("replica.host", writes=False)
        if not store["administrator"]:
            replica.use(config["database"], "replica.host")


def _history(store: dict[str, Any], config: dict[str, Any], server: "Server", findings: Findings) -> None:
    if not config["history_database"]:
        return
    if config["history"] and config["history"] != config["endpoint"]:
        server = Server(store, config["history"], findings)
        server.look("history_host")
    if not store["administrator"]:
        server.look_at(config["history_database"], "history_database")


def _service(store: dict[str, Any], service: dict[str, Any], findings: Findings) -> None:
    """Look at a database of a companion service, as the service's own user."""
    server = Server(store, store["connection"]["endpoint"], findings)
    server.user, server.secret = service["user"], service["secret"]
    try:
        server.log_in()
        server.look_at(service["database"])
    except Fault as fault:
        findings.fault(fault.text)


class Server:
    """One server, and who logs in to it: the administrator where there is one, else the platform's user."""

    def __init__(self, store: dict[str, Any], endpoint: dict[str, Any], findings: Findings) -> None:
        administrator = store["administrator"]
        self.config, self.tested = store["connection"], store["tested"]
        self.endpoint, self.findings = endpoint, findings
        self.user = administrator or self.config["user"]
        self.secret = "mysql_root_password" if administrator else "mysql_password"
        self.administrates = administrator is not None

    def look(self, field: str, *, writes: bool = True) -> None:
        """Reach it, log in, and look at what concerns the whole server."""
        mysql_greeting.greet(
            self.endpoint["host"], self.endpoint["port"], self.config["tls"], self.findings, field
        )
        self.log_in()
        version = str(self._one("SELECT VERSION()"))
        judge_version(version, self.tested, self.findings)
        before = time.time()
        server = float(self._one("SELECT UNIX_TIMESTAMP(NOW(6))"))
        self.findings.clock(server, before, time.time())
        if writes:
            self._look_at_writing(field)

    def log_in(self) -> None:
        """Log in. Raises Fault where that is refused."""
        self.connection = self._login(self.secret)

    def _look_at_writing(self, field: str) -> None:
        if int(self._one("SELECT @@global.read_only")) and not self.administrates:
            self.findings.fault("it only reads: name the primary rather than a replica", field)
        asked = ", ".join(f"'{name}'" for name in mysql_options.ASKED)
        rows = self._rows(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({asked})")
        mysql_options.judge({str(name): str(value) for name, value in rows}, self.findings)
        if int(self._one("SELECT @@max_allowed_packet")) < PACKET:
            self.findings.warn("max_allowed_packet is below 16 MiB, which large courses may need: raise it")
        if self._one("SELECT CONVERT_TZ('2026-01-01 00:00:00', 'UTC', 'Europe/Berlin')") is None:
            self.findings.warn(
                "it knows no time zones, without which filters by date in Django's admin fail: load them by "
                "mysql_tzinfo_to_sql"
            )
        if self.administrates:
            self._demand(missing(self._grants(), None, {"CREATE", "CREATE USER", "GRANT OPTION"}), "*")

    def look_at(self, database: str, field: str = "database") -> None:
        """Look at one of the platform's databases."""
        self.use(database, field)
        charset = str(self._one("SELECT @@character_set_database"))
        collation = str(self._one("SELECT @@collation_database"))
        if charset != "utf8mb4":
            self.findings.fault(
                f"database {database} has the character set {charset}, in which texts get lost: "
                f"ALTER DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, and convert "
                "its tables",
                field,
            )
        elif collation.endswith(("_bin", "_cs")):
            self.findings.warn(
                f"database {database} tells letters by case ({collation}), so that user names may differ by "
                "it alone: utf8mb4_unicode_ci does not",
                field,
            )
        self._demand(missing(self._grants(), database, set(NEEDED)), f"`{database}`")

    def use(self, database: str, field: str = "database") -> None:
        """Make a database the current one. Raises Fault when there is none, or the user may not."""
        errors = import_module("MySQLdb")
        try:
            self.connection.select_db(database)
        except errors.Error as error:
            rule = {
                1049: f"there is no database {database}: make it, or set `provisioned: false`",
                1044: f"{self.user} may not use database {database}, or there is none: grant it all rights "
                f"on `{database}`.*",
            }.get(error.args[0], f"database {database} can't be used ({error.args[-1]})")
            raise Fault(rule, field) from error

    def _demand(self, absent: Iterable[str], where: str) -> None:
        if lacking := ", ".join(sorted(absent)):
            self.findings.fault(
                f"{self.user} lacks {lacking}: have an administrator GRANT {lacking} ON {where}.*",
                "admin_user" if self.administrates else "user",
            )

    def _login(self, name: str) -> Any:
        module = import_module("MySQLdb")
        arguments = {**self.endpoint, "user": self.user, "connect_timeout": 10, "charset": "utf8mb4"}
        try:
            return _connected(module, self.config["tls"], {**arguments, "passwd": secret(name)})
        except module.Error as error:
            if error.args[0] == 1045 and has_secret(f"{name}_previous"):
                return self._login(f"{name}_previous")
            raise Fault(*self._refusal(error.args)) from error

    def _refusal(self, args: tuple[Any, ...]) -> tuple[str, str]:
        """A sentence, and the field that it is about, for the number of an error."""
        number, text, host = args[0], str(args[-1]), self.endpoint["host"]
        if number == 3159:
            return f"{host} takes encrypted connections only: set `tls: {{}}`", "tls"
        if number in (1045, 1698):
            # MariaDB says no more when it would have the connection encrypted.
            perhaps = (
                "" if self.config["tls"] else ", or set `tls: {}` if it takes encrypted connections only"
            )
            return (
                f"{host} refuses the password of {self.user}, or {self.user} may not log in from here: put "
                f"the right one into openedx:secrets.{self.secret}{perhaps}",
                "user",
            )
        if number == 1130:
            rule = f"allow {self.user} from its addresses"
            return f"{host} takes no connections from this cluster ({text}): {rule}", "host"
        return f"{self.user} can't log in at {host} ({number}: {text})", "host"

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def _one(self, sql: str) -> Any:
        return self._rows(sql)[0][0]

    def _grants(self) -> list[str]:
        lines = [str(row[0]) for row in self._rows("SHOW GRANTS")]
        roles = self._one("SELECT CURRENT_ROLE()")
        if roles and roles != "NONE":
            maria = "MariaDB" in str(self._one("SELECT VERSION()"))
            of_role = "FOR CURRENT_ROLE" if maria else f"FOR CURRENT_USER() USING {roles}"
            lines += [str(row[0]) for row in self._rows(f"SHOW GRANTS {of_role}")]
        return lines


def judge_version(version: str, tested: str, findings: Findings) -> None:
    """Say whether a server is too old, or another than the release is tested with."""
    match = re.match(r"\d+(\.\d+){0,2}", version)
    numbers = tuple(map(int, match[0].split("."))) if match else ()
    if "mariadb" in version.lower():
        if is_older(numbers, LEAST_MARIADB):
            findings.fault(
                f"MariaDB {version} is too old: Django needs at least 10.6, and MySQL {tested} is better"
            )
        else:
            findings.warn(f"MariaDB {version} works so far, but Open edX is tested with MySQL {tested} alone")
    elif is_older(numbers, LEAST):
        findings.fault(f"MySQL {version} is too old: this release needs at least 8.0.11, better {tested}")
    elif is_older(numbers, tuple(map(int, tested.split(".")))):
        findings.warn(
            f"MySQL {version} is older than {tested}, which this release is tested with: upgrade it"
        )


def missing(grants: Iterable[str], database: str | None, needed: set[str]) -> set[str]:
    """Which rights lines of SHOW GRANTS don't give on a database, or on all (None)."""
    has = {right for line in grants for right in _rights(line, database)}
    return set() if "ALL PRIVILEGES" in has and "GRANT OPTION" not in needed else needed - _implied(has)


def _implied(has: set[str]) -> set[str]:
    return has | {"CREATE", "CREATE USER"} if "ALL PRIVILEGES" in has else has


def _rights(line: str, database: str | None) -> Iterator[str]:
    match = re.match(r"GRANT (.+?) ON (?:TABLE )?(\S+)\.\* TO ", line)
    if not match or not _covers(match[2], database):
        return
    yield from (right.strip() for right in match[1].split(","))
    if "WITH GRANT OPTION" in line:
        yield "GRANT OPTION"


def _covers(pattern: str, database: str | None) -> bool:
    """Whether the left part of a grant's place means a database: `%` and `_` stand for others."""
    bare = pattern.strip('`"')
    if database is None or bare == "*":
        return bare == "*"
    parts = re.findall(r"\\.|.", bare)
    rule = "".join({"%": ".*", "_": "."}.get(part) or re.escape(part[-1]) for part in parts)
    return re.fullmatch(rule, database) is not None


def _connected(module: Any, tls: dict[str, Any] | None, arguments: dict[str, Any]) -> Any:
    if not tls:
        return module.connect(**arguments)
    ca = None if tls["verify"] == "none" else tls["ca"] or SYSTEM_CA
    files = {"ca": ca, "cert": tls["certificate"], "key": tls["key"]}
    arguments = {**arguments, "ssl": {name: path for name, path in files.items() if path}}
    try:
        return module.connect(**arguments, ssl_mode=_MODES[tls["verify"]])
    except (TypeError, module.NotSupportedError):
        # An old library knows no modes: that the server encrypts, and who it is, was seen at its greeting.
        return module.connect(**arguments)
