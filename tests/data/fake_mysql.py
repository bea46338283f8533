"""A `mysql` and a `mysqladmin` whose server is a JSON file: accounts with passwords, databases, grants.

Knows the statements of mysql_provision.sh, refuses wrong passwords, and writes down every call.
"""

import json
import os
import re
import sys
from pathlib import Path

STATE = Path(os.environ["FAKE_MYSQL"])
TEXT = r"'((?:[^'\\]|''|\\.)*)'"
CHANGE = rf"ALTER USER {TEXT}@'%' IDENTIFIED BY {TEXT}( RETAIN CURRENT PASSWORD)?"


def unquoted(text, quote):
    return re.sub(r"\\(.)", r"\1", text.replace(quote * 2, quote) if quote == "'" else text)


def options(path):
    """What an option file says; it may be read only once, as it is a pipe."""
    text = Path(path).read_text(encoding="utf-8")
    return {name: unquoted(value, '"') for name, value in re.findall(r'^(\w+)="(.*)"$', text, re.MULTILINE)}


def fail(text):
    sys.stderr.write(f"--------------\n{sql}\n--------------\n\nERROR {text}\n")
    sys.exit(1)


state = json.loads(STATE.read_text(encoding="utf-8"))
state["calls"].append({"arguments": sys.argv[1:], "environment": dict(os.environ)})
sql = ""
if Path(sys.argv[0]).name == "mysqladmin":
    state["pings"] += 1
    STATE.write_text(json.dumps(state), encoding="utf-8")
    sys.exit(0 if state["pings"] > state["down"] else 1)

assert sys.argv[1].startswith("--defaults-extra-file="), "this option counts in the first place only"
login = options(sys.argv[1].split("=", 1)[1])
sql = sys.stdin.read()
account = state["accounts"].get(login["user"])
if account is None or login["password"] not in account["passwords"]:
    fail(f"1045 (28000): Access denied for user '{login['user']}'")
state["sql"].append(sql)
for statement in filter(None, (part.strip() for part in re.split(r";(?=$|\s)", sql))):
    if statement == "SELECT 1":
        print(1)
    elif statement == "SELECT VERSION()":
        print(state["version"])
    elif found := re.fullmatch(r"CREATE DATABASE IF NOT EXISTS `(\w+)` (.*)", statement):
        state["databases"].setdefault(found[1], found[2])
    elif found := re.fullmatch(rf"CREATE USER IF NOT EXISTS {TEXT}@'%' IDENTIFIED BY {TEXT}", statement):
        state["accounts"].setdefault(found[1], {"passwords": [unquoted(found[2], "'")]})
    elif found := re.fullmatch(CHANGE, statement):
        if found[3] and "MariaDB" in state["version"]:
            fail("1064 (42000): You have an error in your SQL syntax")
        kept = state["accounts"][found[1]]["passwords"][:1] if found[3] else []
        state["accounts"][found[1]]["passwords"] = [unquoted(found[2], "'"), *kept]
    elif found := re.fullmatch(
        rf'ALTER USER IF EXISTS {TEXT}@"%" IDENTIFIED BY {TEXT}, {TEXT}@localhost IDENTIFIED BY {TEXT}',
        statement,
    ):
        assert (found[1], found[2]) == (found[3], found[4])
        state["accounts"][found[1]]["passwords"] = [unquoted(found[2], "'")]
    elif statement == "SHOW VARIABLES LIKE 'partial_revokes'":
        print(f"partial_revokes\t{state['partial_revokes']}")
    elif found := re.fullmatch(rf"GRANT ALL PRIVILEGES ON `(\S+)`\.\* TO {TEXT}@'%'", statement):
        of_user = state["grants"].setdefault(found[2], [])
        state["grants"][found[2]] = sorted({*of_user, found[1]})
    else:
        fail(f"1064 (42000): unknown to this server: {statement}")
STATE.write_text(json.dumps(state), encoding="utf-8")
