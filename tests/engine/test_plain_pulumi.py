"""Plain Pulumi, and scripts by the Automation API, work on every stack, and two salts never mix."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from checkouts import BIN, Said
from instances import Instance

from tools.recipes import ENGINE
from tools.toolchain import ensure

pytestmark = pytest.mark.engine


@pytest.fixture
def stack_file(dev: Instance) -> Iterator[Path]:
    """The checkout's file of `dev`, as it was after the test."""
    path = dev.checkout.folder / "Pulumi.dev.yaml"
    before = path.read_bytes()
    yield path
    path.write_bytes(before)


@pytest.fixture
def effective(dev: Instance) -> Path:
    """The file that Pulumi reads for `dev`."""
    return dev.checkout.state / "stacks" / "Pulumi.dev.yaml"


def run(dev: Instance, *words: str) -> Said:
    """`openedx-infra` on the checkout's own file of `dev`."""
    return dev.checkout.run("openedx-infra", *words, "--stack", "dev")


def demand_unchanged(dev: Instance) -> None:
    said = run(dev, "preview", "--expect-no-changes")
    assert said.code == 0, said.text


def by_hand(dev: Instance, lines: str, **environment: str) -> Said:
    """What a shell answers to lines that are typed after `eval "$(openedx-infra env)"`."""
    script = f'set -e\neval "$({BIN}/openedx-infra env --stack dev)"\n{lines}'
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=dev.checkout.folder,
        env=dev.checkout.environment | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def foreign_pulumi(dev: Instance, *words: str, backend: Path, passphrase: str) -> None:
    """A Pulumi that somebody installed and runs in the checkout, without us."""
    toolchain = ensure(ENGINE)
    environment = toolchain.environment(dev.checkout.environment) | {
        "PULUMI_BACKEND_URL": backend.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": passphrase,
    }
    backend.mkdir(exist_ok=True)
    command = [toolchain.bin_dir / "pulumi", "--non-interactive", *words]
    subprocess.run(command, cwd=dev.checkout.folder, env=environment, check=True, capture_output=True)


def test_what_is_typed_after_env(dev: Instance) -> None:
    said = by_hand(dev, "command -v pulumi\npulumi preview --expect-no-changes\npulumi stack output lms_url")
    assert said.code == 0, said.text
    assert said.out.splitlines()[0] == str(BIN / "pulumi")
    assert said.out.splitlines()[-1].startswith("http")
    assert dev.checkout.changed() == ""
    demand_unchanged(dev)


_SCRIPT = """
from pulumi import automation as auto

stack = auto.create_or_select_stack(stack_name="dev", work_dir=".")
print("preview", stack.preview().change_summary)
config = stack.get_all_config()
print("secret", config["openedx:secrets"].secret)
urns = [each["urn"] for each in stack.export_stack().deployment["resources"]]
lms = next(urn for urn in urns if urn.endswith("Deployment::lms"))
print("target", stack.up(target=[lms]).summary.result)
print("up", stack.up().summary.resource_changes)
print("url", stack.outputs()["lms_url"].value)
"""

_REFERENCE = """
import pulumi
from pulumi import automation as auto
from openedx_infra.components.openedx_reference import OpenedxReference

def program():
    dev = OpenedxReference("openedx", "organization/openedx/dev")
    plain = pulumi.StackReference("organization/openedx/dev").require_output("lms_url")
    learning = dev.outputs.apply(lambda outputs: outputs.mfe_urls["learning"])
    pulumi.export("url", pulumi.Output.concat(dev.lms_url, " ", plain, " ", learning))

theirs = auto.create_or_select_stack(stack_name="theirs", project_name="portal", program=program)
print("url", theirs.up().outputs["url"].value)
theirs.destroy(remove=True)
"""


def test_somebodys_own_script_by_the_automation_api(dev: Instance, tmp_path: Path) -> None:
    script = tmp_path / "deploy.py"
    script.write_text(_SCRIPT)
    said = by_hand(dev, f"{BIN}/python {script}")
    assert said.code == 0, said.text
    lines = dict(line.split(" ", 1) for line in said.out.splitlines())
    assert set(yaml.safe_load(lines["preview"].replace("<OpType.SAME: 'same'>", "same"))) == {"same"}
    assert lines["secret"] == "True"
    assert lines["target"] == "succeeded"
    assert "create" not in lines["up"] and "update" not in lines["up"]
    assert lines["url"].startswith("http")
    assert dev.checkout.changed() == ""
    demand_unchanged(dev)


@pytest.mark.long
def test_another_project_refers_to_the_stack(dev: Instance, tmp_path: Path) -> None:
    script = tmp_path / "portal.py"
    script.write_text(_REFERENCE)
    said = by_hand(dev, f"cd {tmp_path}\n{BIN}/python {script}")
    assert said.code == 0, said.text
    typed, plain, learning = said.out.removeprefix("url ").split()
    assert typed == plain and typed.startswith("http") and learning.endswith("/learning")


@pytest.mark.long
def test_a_foreign_salt_in_the_checkout_changes_nothing(
    dev: Instance, stack_file: Path, effective: Path, tmp_path: Path
) -> None:
    foreign_pulumi(
        dev, "stack", "init", "dev", "--no-select", backend=tmp_path / "state", passphrase="theirs"
    )
    assert "encryptionsalt" in yaml.safe_load(stack_file.read_text()), "this is what a foreign Pulumi does"
    ours = yaml.safe_load(effective.read_text())["encryptionsalt"]
    demand_unchanged(dev)
    assert yaml.safe_load(effective.read_text())["encryptionsalt"] == ours


def test_secrets_of_two_salts_are_refused_and_then_mended(
    dev: Instance, stack_file: Path, effective: Path, tmp_path: Path
) -> None:
    """Their passphrase is the stack's: somebody exported it."""
    passphrase = (dev.checkout.state / "passphrase").read_text()
    backend = tmp_path / "state"
    foreign_pulumi(dev, "stack", "init", "dev", "--no-select", backend=backend, passphrase=passphrase)
    words = ("config", "set", "--secret", "--path", "openedx:secrets.mail_password", "of-the-relay")
    foreign_pulumi(dev, *words, "--stack", "dev", backend=backend, passphrase=passphrase)
    before = effective.read_bytes()
    said = run(dev, "preview")
    assert said.code == 1, said.text
    assert "encrypted differently" in said.err and "secrets repair --stack dev" in said.err
    assert effective.read_bytes() == before

    said = run(dev, "secrets", "repair")
    assert said.code == 0, said.text
    salts = {yaml.safe_load(path.read_text())["encryptionsalt"] for path in (stack_file, effective)}
    assert salts == {yaml.safe_load(before)["encryptionsalt"]}
    demand_unchanged(dev)
    shown = dev.pulumi("config", "get", "--path", "openedx:secrets.mail_password")
    assert shown.out.strip() == "of-the-relay", shown.text


@pytest.mark.long
def test_what_an_earlier_version_mixed_is_mended(dev: Instance, effective: Path, tmp_path: Path) -> None:
    """The foreign salt stands beside secrets that it doesn't decrypt."""
    before = effective.read_bytes()
    passphrase = (dev.checkout.state / "passphrase").read_text()
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: openedx\nruntime: python\n")
    words = ("-C", str(project), "stack", "init", "dev", "--no-select")
    foreign_pulumi(dev, *words, backend=tmp_path / "state", passphrase=passphrase)
    foreign = yaml.safe_load((project / "Pulumi.dev.yaml").read_text())["encryptionsalt"]
    content = yaml.safe_load(before)
    effective.write_text(yaml.safe_dump({**content, "encryptionsalt": foreign}))

    said = run(dev, "preview")
    assert said.code == 1, said.text
    assert "encrypted with another salt" in said.err and "secrets repair --stack dev" in said.err
    said = run(dev, "secrets", "repair")
    assert said.code == 0, said.text
    assert yaml.safe_load(effective.read_text())["encryptionsalt"] == content["encryptionsalt"]
    demand_unchanged(dev)


def test_a_salt_of_nobody_is_told_and_nothing_is_lost(dev: Instance, effective: Path) -> None:
    before = effective.read_bytes()
    content = yaml.safe_load(before)
    lost = {"mail_password": {"secure": "v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}
    content["config"]["openedx:secrets"] |= lost
    effective.write_text(yaml.safe_dump(content))
    said = run(dev, "secrets", "repair")
    assert said.code == 1, said.text
    assert "openedx:secrets.mail_password" in said.err and "--salt" in said.err
    assert yaml.safe_load(effective.read_text()) == content
    effective.write_bytes(before)


def test_a_secret_that_is_no_secret_of_the_stack_is_refused(dev: Instance) -> None:
    said = dev.pulumi("config", "set", "--secret", "openedx:token", "x")
    assert said.code == 1, said.text
    assert "openedx:secrets.NAME" in said.err and "secrets set NAME" in said.err
    assert dev.checkout.changed() == ""
