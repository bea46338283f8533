"""Does `check` tell everything that is wrong in one round, and note what is right and seldom meant?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from openedx_infra.config import ConfigError
from openedx_infra.operations.offline.check import check

ROOT = Path(__file__).parents[2]
HOST = "openedx:site: {lms_host: learn.example.org}"
HOST_NETWORK = "{kind: Deployment, name: studio, patch: {spec: {template: {spec: {hostNetwork: true}}}}}"
SECRETS = "openedx:secrets."


def written(folder: Path, *lines: str) -> Path:
    """A stack file with these lines under `config:`."""
    path = folder / "Pulumi.campus.yaml"
    path.write_text("\n".join(["config:", *(f"  {line}" for line in lines), ""]), encoding="utf-8")
    return path


def problems_of(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        check("campus", path)
    return list(caught.value.problems)


def test_the_example_on_aws_is_told_everything_in_one_round() -> None:
    """What an operator must decide, digests, a file that is missing, and secrets."""
    problems = problems_of(ROOT / "Pulumi.prod.yaml")
    kinds = Counter(
        next((kind for kind in ("CHANGEME", "is a tag", "there is no file", SECRETS) if kind in line), line)
        for line in problems
    )
    assert kinds["CHANGEME"] == (ROOT / "Pulumi.prod.yaml").read_text().partition("config:")[2].count(
        "CHANGEME"
    )
    assert (kinds["is a tag"], kinds["there is no file"]) == (8, 1)
    assert f"{SECRETS}mongodb_password" in "\n".join(problems)
    assert kinds.total() == len(problems) and set(kinds) <= {
        "CHANGEME",
        "is a tag",
        "there is no file",
        SECRETS,
    }


def test_faults_of_keys_hide_no_rule_no_file_and_no_override(tmp_path: Path) -> None:
    problems = problems_of(
        written(
            tmp_path,
            "openedx:cluster: {context: CHANGEME, nodes: {count: 1, cpu: '2', memory: 4Gi}}",
            HOST,
            "openedx:overrides:",
            "  - {kind: Deployment, name: nothing, patch: {metadata: {labels: {a: b}}}}",
            f"  - {HOST_NETWORK}",
            "openedx:images:",
            "  openedx:",
            "    source: build",
            "    repository: registry.example.org/campus/openedx",
            "    themes: {campus: {source: folder, path: no/such/folder}}",
        )
    )
    start = [line.partition(": ")[0] for line in problems if not line.startswith(SECRETS)]
    assert start == [
        "openedx:cluster.context",
        "openedx:images.openedx",
        "openedx:cluster.nodes",
        "openedx:overrides[0]",
        "Deployment studio",
    ]
    assert any(line.startswith(SECRETS) for line in problems)


def test_what_a_faulty_key_may_have_caused_is_not_told(tmp_path: Path) -> None:
    """Without the faulty pool there are the default ones, and its override matches nothing."""
    problems = problems_of(
        written(
            tmp_path,
            "openedx:cluster: {context: campus}",
            HOST,
            "openedx:sizing: {lms_workers: {night: {queues: [default, high, high_mem], cpu: [2]}}}",
            "openedx:overrides:",
            "  - {kind: Deployment, name: lms-worker-night, patch: {metadata: {labels: {a: b}}}}",
            f"  - {HOST_NETWORK}",
        )
    )
    assert [line.partition(": ")[0] for line in problems if not line.startswith(SECRETS)] == [
        "openedx:sizing.lms_workers.night.cpu",
        "Deployment studio",
    ]


def test_a_secret_of_a_local_stack_that_only_the_operator_knows_is_noted(tmp_path: Path) -> None:
    smtp = "{source: smtp, host: smtp.example.org, username: campus}"
    notes = check("campus", written(tmp_path, HOST, f"openedx:mail: {{delivery: {smtp}}}")).notes
    assert [note.partition(": missing")[0] for note in notes[1:]] == [
        "`up` will refuse: openedx:secrets.mail_password"
    ]


def test_what_is_right_and_seldom_meant_is_noted(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "openedx:cluster: {context: default, kubeconfig: /etc/rancher/k3s/k3s.yaml}",
        "openedx:site: {lms_host: learn.localhost, search_host: search.local, theme: indigo}",
        "openedx:datastores: {storage: {source: volumes, access_mode: ReadWriteMany}}",
    )
    report = check("campus", path)
    assert [note.partition(": ")[0] for note in report.notes if "secrets." not in note] == [
        "openedx:site.lms_host",
        "openedx:site.search_host",
        "openedx:datastores.storage.access_mode",
        "openedx:site.theme",
        "openedx:ingress.bodies.studio",
    ]
    assert report.reserved.running.memory > 0


def test_a_reference_to_a_secret_that_nobody_set_is_refused(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "openedx:cluster: {context: k3s}",
        "openedx:site: {lms_host: learn.example.org, tls: {source: upstream}}",
        "openedx:settings: {lms: {CRM: [{secret: crm}, {secret: done}]}}",
        "openedx:secrets: {done: {secure: v1:x}}",
    )
    found = problems_of(path)
    [line] = [line for line in found if "secrets.crm" in line]
    assert line.endswith(
        "missing (openedx:settings.lms.CRM[0]); run `openedx-infra secrets set crm --stack campus`"
    )
    assert not [line for line in found if "secrets.done" in line]


def test_a_secret_that_nothing_uses_is_noted(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "openedx:cluster: {context: k3s}",
        "openedx:site: {lms_host: learn.example.org, tls: {source: upstream}}",
        "openedx:secrets: {crm: {secure: v1:x}}",
    )
    assert (
        "openedx:secrets.crm: nothing uses it: `openedx-infra secrets remove crm --stack campus` takes it out"
        in check("campus", path).notes
    )
