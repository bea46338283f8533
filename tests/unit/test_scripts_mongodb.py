"""Does mongodb_provision.js make what the platform needs? Run by V8; mongosh and its server are stand-ins.

It was also tried by hand with mongosh over FerretDB, which knows passwords and users, but no roles.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from py_mini_racer import MiniRacer

from openedx_infra import scripts

# What mongosh gives to a script, over a server whose users are in `users`: by database and name.
MONGOSH = """
const printed = [], slept = [], logins = [];
let ended = null;
const env = { MONGODB_HOST: "mongodb", MONGODB_PORT: "27017", DATABASE: "openedx", DATABASE_USER: "app" };
const process = { env };
const print = (text) => printed.push(text);
const sleep = (milliseconds) => slept.push(milliseconds);
const quit = (code) => { ended = code; };
function require(name) {
  const of = (path) => path.replace("/openedx/secrets/", "");
  return { existsSync: (path) => of(path) in given, readFileSync: (path) => given[of(path)] };
}
function database(name) {
  const place = users[name] || (users[name] = {});
  return {
    runCommand: () => ({ ok: 1 }),
    getSiblingDB: (other) => database(other),
    getUser: (user) => place[user] || null,
    createUser: ({ user, pwd, roles }) => {
      if (place[user]) throw new Error("exists");
      place[user] = { pwd, roles };
    },
    updateUser: (user, { pwd, roles }) => { place[user] = { pwd, roles }; },
    changeUserPassword: (user, pwd) => { place[user].pwd = pwd; },
  };
}
function connect(address) {
  const [, user, password, host, name] = address.match(/^mongodb:[/][/](.*?):(.*?)@(.*?)[/](.*?)[?]/);
  logins.push(address);
  if (down > 0) { down -= 1; throw new Error("connect ECONNREFUSED"); }
  const found = (users[name] || {})[decodeURIComponent(user)];
  if (!found || found.pwd !== decodeURIComponent(password)) {
    throw Object.assign(new Error("Authentication failed."), { code: 18 });
  }
  return database(name);
}
"""
OUTCOME = "JSON.stringify({ printed, slept, logins, ended, users })"
GRANTED = [{"role": "readWrite", "db": "openedx"}]


def run(secrets: dict[str, str], users: dict[str, Any], down: int = 0) -> dict[str, Any]:
    """The outcome of the script for a Job's secrets, a server's users, and connections that fail first."""
    world = f"const given = {json.dumps(secrets)}, users = {json.dumps(users)}; let down = {down};"
    engine = MiniRacer()
    engine.eval(world + MONGOSH + scripts.text("mongodb_provision.js"))
    outcome: dict[str, Any] = json.loads(engine.eval(OUTCOME))
    return outcome


def secrets(**values: str) -> dict[str, str]:
    return {"mongodb_root_password": "root-1", "mongodb_password": "app-1", **values}


def server(root: str = "root-1", **app: Any) -> dict[str, Any]:
    return {"admin": {"root": {"pwd": root}}, "openedx": app}


def test_an_empty_server_gets_the_user_in_its_own_database() -> None:
    outcome = run(secrets(), server())
    assert outcome["ended"] is None and outcome["printed"][-1] == "mongodb_provision: done"
    assert outcome["users"]["openedx"] == {"app": {"pwd": "app-1", "roles": GRANTED}}
    assert outcome["logins"][-1].startswith("mongodb://app:app-1@mongodb:27017/openedx?authSource=openedx")


def test_rights_and_password_are_put_right() -> None:
    before = server(app={"pwd": "app-1", "roles": [{"role": "root"}]})
    outcome = run(secrets(mongodb_password="app-2"), before)
    assert outcome["ended"] is None
    assert outcome["users"]["openedx"]["app"] == {"pwd": "app-2", "roles": GRANTED}


def test_root_s_password_is_rotated() -> None:
    given = secrets(mongodb_root_password="root-2", mongodb_root_password_previous="root-1")
    outcome = run(given, server())
    assert outcome["ended"] is None
    assert outcome["users"]["admin"]["root"]["pwd"] == "root-2"
    again = run(given, outcome["users"])
    assert again["ended"] is None and not [line for line in again["printed"] if "changed" in line]


@pytest.mark.parametrize("further", [{}, {"mongodb_root_password_previous": "root-0"}])
def test_an_unknown_root_password_is_an_error_with_a_remedy(further: dict[str, str]) -> None:
    outcome = run(secrets(mongodb_root_password="root-9", **further), server())
    assert outcome["ended"] == 1
    assert "put back the password that it has" in outcome["printed"][-1]
    assert outcome["users"]["openedx"] == {}


def test_any_password_arrives_as_it_is() -> None:
    password = "p@ss:w/rd?#%é"
    outcome = run(secrets(mongodb_root_password=password, mongodb_password=password), server(root=password))
    assert outcome["ended"] is None
    assert outcome["users"]["openedx"]["app"]["pwd"] == password


def test_it_waits_for_the_server() -> None:
    outcome = run(secrets(), server(), down=3)
    assert outcome["ended"] is None and len(outcome["slept"]) == 3


def test_a_server_that_never_answers_is_an_error() -> None:
    outcome = run(secrets(), server(), down=10_000)
    assert outcome["ended"] == 1 and "no server answers at mongodb:27017" in outcome["printed"][-1]


def test_no_password_is_printed() -> None:
    outcome = run(secrets(mongodb_root_password="root-2", mongodb_root_password_previous="root-1"), server())
    assert not [line for line in outcome["printed"] if "root-" in line or "app-1" in line]
