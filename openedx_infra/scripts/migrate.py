"""Brings the databases to what this image expects. Piped into `manage.py lms shell` and `… cms shell`, and
into `manage.py shell` of companion services.

Django remembers what was done, so a second run does nothing; but it doesn't keep two runs apart, and MySQL
can't take half a migration back. So whoever migrates holds a lock of the database server (GET_LOCK, which
MySQL, MariaDB, RDS and Aurora have). It is bound to a connection, and is free as soon as that ends, however
it ends.

Environment: SERVICE_VARIANT (lms or cms), or SERVICE_NAME of a companion service. LOCK_SECONDS (900): how
long to wait for another migration.
"""

import os
import signal
import sys
import threading
import time

from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import migrate as command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

SITE = os.environ.get("SERVICE_NAME") or {"lms": "lms", "cms": "studio"}[os.environ["SERVICE_VARIANT"]]
PATIENCE = float(os.environ.get("LOCK_SECONDS", "900"))
SLICE = 30
"""Seconds between two words about who is waited for."""
SIGN_OF_LIFE = 20
"""Seconds. The server gives up a holder that was silent for six times that: its node may be gone."""
stopping = threading.Event()


def say(text):
    """Print it as the Job's own word."""
    print(f"{SITE}_migrate: {text}", flush=True)


class Lock:
    """Held by a connection of its own, on the server of the default database, where all migrations begin."""

    def __init__(self):
        self.name = f"migrate {settings.DATABASES[DEFAULT_DB_ALIAS]['NAME']}"[:64]
        self.connection = connections.create_connection(DEFAULT_DB_ALIAS)
        self.connection.inc_thread_sharing()
        self.over = threading.Event()

    def __enter__(self):
        self.ask("SET SESSION wait_timeout = %s", 6 * SIGN_OF_LIFE)
        self.take(time.monotonic() + PATIENCE)
        threading.Thread(target=self.live, daemon=True).start()

    def __exit__(self, *error):
        self.over.set()
        self.connection.close()

    def take(self, end):
        """Wait for it until `end`, and then give up."""
        wait = 0
        while not self.ask("SELECT GET_LOCK(%s, %s)", self.name, wait):
            if time.monotonic() >= end:
                sys.exit(
                    f"{SITE}_migrate: failed: another migration of this database has run for more than "
                    f"{PATIENCE:.0f} s{self.holder()}: see what it does, and run `up` again when it ended"
                )
            say(f"waiting for another migration of this database to end{self.holder()}")
            wait = min(SLICE, end - time.monotonic())

    def holder(self):
        """Who has it, as far as the server tells."""
        host = self.ask(
            "SELECT HOST FROM information_schema.PROCESSLIST WHERE ID = IS_USED_LOCK(%s)", self.name
        )
        return f" (from {host})" if host else ""

    def live(self):
        """Keep the connection from being given up."""
        while not self.over.wait(SIGN_OF_LIFE):
            try:
                self.ask("SELECT 1")
            except Exception as error:
                if not self.over.is_set():
                    say(
                        f"warning: the lock was lost ({error}): another migration could begin beside this one"
                    )
                return

    def ask(self, sql, *values):
        """The first value of the first row, if there is one."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            row = cursor.fetchone() if cursor.description else None
        return row and row[0]


class Stoppable(MigrationExecutor):
    """Stops between two migrations when Kubernetes asks, rather than within one."""

    def apply_migration(self, state, migration, *args, **kwargs):
        """Django's own, unless somebody asked to stop."""
        if stopping.is_set():
            sys.exit(f"{SITE}_migrate: stopped before {migration}: the next run goes on from there")
        return super().apply_migration(state, migration, *args, **kwargs)


def databases():
    """The history of answers may have a database of its own. A read replica gets what its source gets."""
    return [alias for alias in settings.DATABASES if alias != "read_replica"]


def migrate():
    """All databases, one after the other."""
    aliases = databases()
    for number, alias in enumerate(aliases, 1):
        say(f"{number} of {len(aliases)}: migrations in the database {alias}")
        call_command("migrate", interactive=False, database=alias)


signal.signal(signal.SIGTERM, lambda *_: stopping.set())
command.MigrationExecutor = Stoppable
with Lock():
    migrate()
say("done")
