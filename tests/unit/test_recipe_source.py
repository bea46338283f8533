"""CONTRIBUTING's recipe of a datastore's source holds, and a step that is left out fails."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from checkout_copy import Copy

MYSQL = "openedx_infra/config/datastores/mysql.py"
SOURCES = "openedx_infra/components/datastores/sources.py"
BRANCH = '''
class MysqlCloud(MysqlDatabase):
    """MySQL of a cloud that nobody has."""

    run_by = "external"
    images = ("restic",)
    reserved_users = frozenset({"cloudadmin"})

    source: Literal["cloud"] = Field(json_schema_extra=IMMUTABLE)
    """Somebody runs it."""
    host: ServerName = Field(json_schema_extra=IMMUTABLE)
    """Name of the server."""
    tls: Tls | None = None
    """Encryption of connections."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return only_operator_knows(f"{store}_password")


Mysql = Annotated[
    MysqlCloud | '''
STORE = """        case mysql_config.MysqlCloud():
            return external.cloud(instance, section)
        case _:
            assert_never(section)


def mongodb("""
FUNCTION = '''
def cloud(instance: Instance, said: MysqlCloud) -> Store[connections.Mysql]:
    """A MySQL server of the cloud."""
    return Store(
        connection=connections.Mysql(
            endpoint=Endpoint(host=said.host, port=3306), database=said.database, user=said.user, tls=None
        ),
        reach=Reach(ports=(3306,)),
    )


def mongodb('''
MYPY = """
[mypy]
follow_imports = silent
plugins = pydantic.mypy
[mypy-pulumi.*,openedx_infra.components.*,openedx_infra.kubernetes.*]
follow_imports = skip
"""
"""Types of the configuration alone: those of Pulumi take most of the time."""
FACTS = """
import json
from openedx_infra.config import ConfigError, load
from openedx_infra.config.secrets.needed import required
tls = {"client_certificate": "x.pem"}
mysql = {"source": "cloud", "host": "mysql.example.org", "tls": tls}
said = {"site": {"lms_host": "learn.example.org"}, "datastores": {"mysql": mysql}}
stack = load("dev", said)
secrets = {each.name: each.make is not None for each in required(stack) if each.name.startswith("mysql")}
said["datastores"]["mysql"] = {**mysql, "user": "cloudadmin"}
try:
    load("dev", said)
except ConfigError as error:
    print(json.dumps([secrets, "restic" in stack.image_names, stack.on_aws, str(error)]))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """The program with one branch more in the union of MySQL."""
    copy = Copy.into(tmp_path)
    copy.change(MYSQL, ("\nMysql = Annotated[\n    ", BRANCH))
    return copy


def add_store(copy: Copy) -> None:
    """The other two steps of the recipe."""
    copy.change(SOURCES, ("        case _:\n            assert_never(section)\n\n\ndef mongodb(", STORE))
    copy.change(
        "openedx_infra/components/datastores/external.py",
        ("\ndef mongodb(", FUNCTION),
        ("mysql import MysqlExternal", "mysql import MysqlCloud, MysqlExternal"),
    )


def test_secrets_images_and_names_follow_from_the_branch(copy: Copy) -> None:
    secrets, image, on_aws, error = json.loads(copy.run("-c", FACTS))
    assert secrets == {"mysql_password": False, "mysql_client_key": False}, "nobody makes up either"
    assert (image, on_aws) == (True, False)
    assert "cloudadmin is a user of the server's own" in error


@pytest.mark.parametrize(
    "step",
    [
        r"    run_by = .*\n",
        r"    images = .*\n",
        r"    reserved_users = .*\n",
        r"    def secret_needs.*\n.*\n.*\n",
    ],
)
def test_a_branch_that_leaves_something_out_is_refused_when_it_is_imported(copy: Copy, step: str) -> None:
    text = (copy.root / MYSQL).read_text(encoding="utf-8")
    branch = text.index("class MysqlCloud")
    copy.write(MYSQL, text[:branch] + re.sub(step, "", text[branch:], count=1))
    name = re.findall(r"\w{5,}", step)[0]
    assert f"MysqlCloud is a source, and must set {name}" in copy.run("-c", FACTS, fails=True)


def test_mypy_refuses_a_branch_that_nobody_makes(copy: Copy) -> None:
    copy.write("mypy.ini", MYPY)
    command = ("-m", "mypy", SOURCES)
    assert '"MysqlCloud"; expected "Never"' in copy.run(*command, fails=True)
    add_store(copy)
    assert "Success" in copy.run(*command)
