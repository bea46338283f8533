"""mongodb_provision.js makes what the platform needs. Run by V8; mongosh and its server are stand-ins.

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
const env = {
  MONGODB_ADDRESS: "mongodb://mongodb:27017", DATABASE: "openedx", DATABASE_USER: "app", ...told
};
const process = { env };
const print = (text) => printed.push(text);
const sleep = (milliseconds) => {
  if (slept.push(milliseconds) === 3 && later) users.admin.root.pwd = later;
};
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
  const form = /^mongodb(?:[+]srv)?:[/][/](.*?):(.*?)@(.*?)[/].*?[?]authSource=(.*?)&/;
  const [, user, password, host, name] = address.match(form);
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


def run(
    secrets: dict[str, str], users: dict[str, Any], down: int = 0, later: str | None = None, **told: str
) -> dict[str, Any]:
    """The outcome of the script for a Job's secrets, a server's users, and connections that fail first.

    `later` is root's password after the script has slept three times.
    """
    known = f"given = {json.dumps(secrets)}, users = {json.dumps(users)}, told = {json.dumps(told)}"
    world = f"const {known}, later = {json.dumps(later)}; let down = {down};"
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


def test_an_operator_s_password_is_waited_for_and_never_changed() -> None:
    """The operator logs in by the former one until it has changed it: changed by us, it never could."""
    given = secrets(mongodb_root_password="root-2", mongodb_root_password_previous="root-1")
    outcome = run(given, server(), later="root-2", OWN_SERVER="operator")
    assert outcome["ended"] is None and len(outcome["slept"]) == 3
    assert not [line for line in outcome["printed"] if "changed" in line]
    never = run(given, server(), OWN_SERVER="operator")
    assert never["ended"] == 1 and "the operator has not given root" in never["printed"][-1]
    assert never["users"]["admin"]["root"]["pwd"] == "root-1"


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


def test_somebody_else_s_administrator() -> None:
    """As at Atlas: another name, and users in the database admin."""
    users = {"admin": {"boss": {"pwd": "root-1"}}}
    told = {
        "MONGODB_ADDRESS": "mongodb+srv://campus.example.org",
        "ADMIN_USER": "boss",
        "OWN_SERVER": "false",
        "AUTH_DATABASE": "admin",
        "TLS_VERIFY": "full",
        "TLS_CA": "/openedx/certificates/mongodb-ca.pem",
        "TLS_KEY": "/openedx/secrets/mongodb-client.key",
    }
    outcome = run(secrets(), users, **told)
    assert outcome["ended"] is None and outcome["users"]["admin"]["app"] == {"pwd": "app-1", "roles": GRANTED}
    assert outcome["logins"][-1] == (
        "mongodb+srv://app:app-1@campus.example.org/openedx?authSource=admin&serverSelectionTimeoutMS=5000"
        "&tls=true&tlsCAFile=%2Fopenedx%2Fcertificates%2Fmongodb-ca.pem"
        "&tlsCertificateKeyFile=%2Fopenedx%2Fsecrets%2Fmongodb-client.key"
    )
    refused = run(
        secrets(mongodb_root_password="root-2", mongodb_root_password_previous="root-1"), users, **told
    )
    assert refused["ended"] == 1 and "does not let boss in" in refused["printed"][-1]
    assert refused["users"]["admin"]["boss"] == {"pwd": "root-1"}


def test_a_replica_set_and_a_server_without_retryable_writes() -> None:
    told = {"MONGODB_ADDRESS": "mongodb://a:1,b:2", "REPLICA_SET": "rs0", "RETRY_WRITES": "false"}
    outcome = run(secrets(), server(), **told)
    assert outcome["logins"][0].startswith("mongodb://root:root-1@a:1,b:2/admin?")
    assert outcome["logins"][0].endswith("&replicaSet=rs0&retryWrites=false")
    assert run(secrets(), server(), TLS_VERIFY="ca")["logins"][0].endswith(
        "tls=true&tlsAllowInvalidHostnames=true"
    )
    certain = run(secrets(), server(), TLS_VERIFY="none")["logins"][0]
    assert certain.endswith("tls=true&tlsAllowInvalidCertificates=true")


def test_no_password_is_printed() -> None:
    outcome = run(secrets(mongodb_root_password="root-2", mongodb_root_password_previous="root-1"), server())
    assert not [line for line in outcome["printed"] if "root-" in line or "app-1" in line]
