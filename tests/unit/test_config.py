"""A stack file becomes the right Stack, with all that follows from it."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from openedx_infra.config import ConfigError, Stack, describe, load
from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.config.immutable import (
    changed_holders,
    holder_of,
    immutable_changes,
    immutable_values,
)
from openedx_infra.config.sections.site import Site
from openedx_infra.config.types.hosts import host_hint
from openedx_infra.config.types.quantities import cpu_cores, memory_bytes

LEAST: dict[str, Any] = {"site": {"lms_host": "learn.example.org"}}


def test_least_file_has_a_whole_instance() -> None:
    stack = load("campus", LEAST)
    assert stack.name == "campus"
    assert stack.namespace == "openedx-campus"
    assert stack.site.hosts == (
        "learn.example.org",
        "studio.learn.example.org",
        "apps.learn.example.org",
        "meilisearch.learn.example.org",
    )
    assert stack.sender == "contact@learn.example.org"
    assert stack.image("mysql") == stack.pinned_release.images.mysql
    assert stack.mfe_names == stack.pinned_release.mfe_names


def test_tls_decides_on_addresses() -> None:
    site = LEAST["site"]
    assert load("a", LEAST).site.lms_url == "http://learn.example.org"
    secure = load("a", {"site": {**site, "tls": {"source": "upstream"}}}).site
    assert secure.secure and secure.mfe_url == "https://apps.learn.example.org"


def test_what_is_said_beats_the_release_and_the_defaults() -> None:
    said = {
        **LEAST,
        "images": {"openedx": "registry.example.org/openedx:1"},
        "mfes": {"disabled": ["gradebook"]},
        "mail": {"sender": "a@example.org"},
        "cluster": {"namespace": "campus"},
    }
    stack = load("a", said)
    assert stack.image("openedx") == "registry.example.org/openedx:1"
    assert "gradebook" not in stack.mfe_names
    assert (stack.sender, stack.namespace) == ("a@example.org", "campus")


def test_a_section_said_in_part_keeps_the_rest_of_its_default() -> None:
    default, changed = (
        load("a", LEAST).sizing,
        load("a", {**LEAST, "sizing": {"lms": {"replicas": 3}}}).sizing,
    )
    assert changed.lms == default.lms.model_copy(update={"replicas": 3})
    assert changed.model_copy(update={"lms": default.lms}) == default


def test_said_pools_replace_the_default_pools() -> None:
    pools = {"all": {"queues": ["default", "high", "high_mem"]}}
    assert list(load("a", {**LEAST, "sizing": {"lms_workers": pools}}).sizing.lms_workers) == ["all"]


def test_defaults_of_one_stack_never_leak_into_another() -> None:
    first = load("a", LEAST)
    first.settings.common["LEAKED"] = True
    first.sizing.lms_workers.clear()
    second = load("a", LEAST)
    assert second.settings.common == {}
    assert second.sizing.lms_workers


def test_a_stack_is_frozen_and_equal_by_value() -> None:
    stack = load("a", LEAST)
    for key in Stack.model_fields:
        with pytest.raises(ValidationError):
            setattr(stack, key, "other")
    assert stack == load("a", dict(LEAST))
    assert stack != load("b", LEAST)
    assert pickle.loads(pickle.dumps(stack)).name == "a"


def test_secrets_are_no_part_of_the_configuration() -> None:
    stack = load("a", {**LEAST, "secrets": {"django_secret_key": "not to be seen"}})
    assert "not to be seen" not in repr(stack)


def test_placeholders_are_let_through_when_asked() -> None:
    said = {"site": {"lms_host": "learn.CHANGEME.org", "name": "CHANGEME"}}
    with pytest.raises(ConfigError):
        load("a", said)
    assert load("a", said, placeholders=True).site.lms_host == "learn.facade00.org"


@pytest.mark.parametrize("name", ["Campus", "my_campus", "a" * 60])
def test_a_stack_whose_name_makes_no_namespace_has_to_say_one(name: str) -> None:
    with pytest.raises(ConfigError, match=f'openedx:cluster.namespace: its default, "openedx-{name}"'):
        load(name, LEAST)
    assert load(name, {**LEAST, "cluster": {"namespace": "campus"}}).namespace == "campus"


def test_the_error_names_the_stack_the_count_and_every_line() -> None:
    with pytest.raises(ConfigError) as caught:
        load("campus", {"site": {"lms_host": "x"}, "foo": 1})
    lines = str(caught.value).splitlines()
    assert lines[0] == "Stack campus: 2 errors in its configuration, nothing was changed."
    assert [line.removeprefix("  - ") for line in lines[1:]] == list(caught.value.problems)
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


def test_keys_are_written_as_pulumi_takes_them() -> None:
    assert key_of(("site", "lms_host")) == "openedx:site.lms_host"
    assert key_of(("overrides", 0, "patch", "spec")) == "openedx:overrides[0].patch.spec"
    assert key_of(("features", "waffle_flags", "a.b")) == 'openedx:features.waffle_flags["a.b"]'
    assert key_of(("sizing", "lms_workers", "high-mem")) == "openedx:sizing.lms_workers.high-mem"


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("HTTPS://Learn.Example.org/x", "write it without scheme, port and path: learn.example.org"),
        (" learn.example.org", "without blanks"),
        ("[::1]", "IP address"),
        ("lernen.übersee.example", "write it as browsers send it: lernen.xn--bersee-2ya.example"),
        ("Learn", "learn.example.org"),
        ("//[", None),
        ("", None),
    ],
)
def test_hints_for_hosts(host: str, words: str | None) -> None:
    hint = host_hint(host)
    assert hint is None if words is None else words in (hint or "")


@pytest.mark.parametrize(
    ("lms", "mfe", "domain"),
    [
        ("learn.example.org", "apps.learn.example.org", "learn.example.org"),
        ("learn.example.org", "apps.example.org", "example.org"),
        ("notexample.org", "apps.example.org", "notexample.org"),  # a rule refuses such hosts
    ],
)
def test_cookie_domain_is_what_both_share_label_by_label(lms: str, mfe: str, domain: str) -> None:
    assert Site(lms_host=lms, mfe_host=mfe).cookie_domain == domain


def test_quantities() -> None:
    assert [float(cpu_cores(text)) for text in ("250m", "2", "1500m")] == [0.25, 2, 1.5]
    assert memory_bytes("1536Mi") == 1536 * 1024**2 < memory_bytes("2Gi") < memory_bytes("1Ti")
    assert memory_bytes("512Ki") == 512 * 1024


def test_immutable_keys_are_compared_with_those_of_old() -> None:
    before = immutable_values(load("a", LEAST))
    assert immutable_changes(before, load("a", {**LEAST, "release": "verawood"})) == []
    said = {"site": {"lms_host": "campus.example.org", "studio_host": "studio.learn.example.org"}}
    said["datastores"] = {"mysql": {"source": "in-cluster", "database": "campus"}}
    changed = immutable_changes(before, load("a", said))
    assert [line.partition(": ")[0] for line in changed] == [
        "openedx:site.lms_host",
        "openedx:site.mfe_host",
        "openedx:site.search_host",
        "openedx:datastores.mysql.database",
    ]
    assert immutable_changes({"openedx:gone": 1}, load("a", said)) == []


def test_a_change_from_or_to_nothing_is_told_in_plain_words() -> None:
    classed = load("a", {**LEAST, "cluster": {"storage_class": "local-path"}})
    [line] = immutable_changes(immutable_values(classed), load("a", LEAST))
    assert line.startswith(
        'openedx:cluster.storage_class: was "local-path" when the instance was created and cannot be removed'
    )
    assert 'write "local-path" again' in line
    [line] = immutable_changes(immutable_values(load("a", LEAST)), classed)
    assert 'was not set when the instance was created and cannot be set to "local-path"' in line
    assert "remove it" in line


def _stack(moved: Sequence[str] = (), **datastores: Any) -> Stack:
    return load("a", {**LEAST, "datastores": {**datastores, "moved": list(moved)}})


NETWORK = {
    "vpc": "vpc-0a1b2c3d",
    "subnets": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
    "clients": ["sg-0a1b2c3d"],
}
EXTERNAL = {"source": "external", "host": "mysql.example.org"}


def test_a_datastore_goes_elsewhere_only_once_its_data_was_moved() -> None:
    before = immutable_values(_stack())
    [line] = immutable_changes(before, _stack(mysql=EXTERNAL))
    assert line.startswith('openedx:datastores.mysql.source: was "in-cluster" when')
    assert 'cannot be changed to "external"' in line
    assert "docs/datastores.md" in line and "`openedx:datastores.moved: [mysql]`" in line
    assert immutable_changes(before, _stack(["mysql"], mysql=EXTERNAL)) == []
    assert len(immutable_changes(before, _stack(["mongodb"], mysql=EXTERNAL))) == 1


def test_moved_is_good_for_one_move() -> None:
    before = immutable_values(_stack(["mysql"], mysql=EXTERNAL))
    assert immutable_changes(before, _stack(["mysql"], mysql=EXTERNAL), ["mysql"]) == []
    again = _stack(["mysql"], mysql={**EXTERNAL, "host": "other.example.org"})
    [line] = immutable_changes(before, again, ["mysql"])
    assert line.startswith("openedx:datastores.mysql.host: ") and "since an earlier move" in line
    assert immutable_changes(before, again) == []


def test_what_holds_the_data_does_not_change_under_it_though_the_data_was_moved() -> None:
    before = immutable_values(_stack())
    many = {"source": "volumes", "access_mode": "ReadWriteMany"}
    [line] = immutable_changes(before, _stack(["storage"], storage=many))
    assert line.startswith("openedx:datastores.storage.access_mode: ") and "another source" in line
    classed = load("a", {**LEAST, "cluster": {"storage_class": "fast"}, "datastores": {"moved": ["mysql"]}})
    [line] = immutable_changes(before, classed)
    assert line.startswith("openedx:cluster.storage_class: ") and "bound volumes keep their class" in line


def test_what_holds_nothing_yet_may_change() -> None:
    before = immutable_values(_stack())
    said = {
        "site": {"lms_host": "campus.example.org"},
        "cluster": {"storage_class": "fast"},
        "datastores": {
            "mysql": EXTERNAL,
            "storage": {"source": "volumes", "access_mode": "ReadWriteMany"},
        },
    }
    stack = load("a", said)
    holders = {"site", "volumes", "mysql", "storage"}
    assert changed_holders(before, stack) == holders
    assert immutable_changes(before, stack, empty=holders) == []
    for holder in holders:
        lines = immutable_changes(before, stack, empty=holders - {holder})
        assert lines and {holder_of(line.partition(": ")[0]) for line in lines} == {holder}


def test_no_way_is_invented_for_a_host() -> None:
    before = immutable_values(load("a", LEAST))
    line, *_ = immutable_changes(before, load("a", {"site": {"lms_host": "campus.example.org"}}))
    assert "No operation changes the host of an instance that is set up yet" in line
    assert 'write "learn.example.org" again' in line


def test_servers_of_a_foundation_know_no_switch_for_a_move() -> None:
    said: dict[str, Any] = {"kind": "foundation", "aws": {"region": "eu-west-1", "network": NETWORK}}
    before = describe("shared", {**said, "datastores": {"mysql": {"source": "rds"}}})
    after = describe("shared", {**said, "datastores": {"mysql": {"source": "aurora"}}})
    [line] = immutable_changes(immutable_values(before), after)
    assert line.startswith("openedx:datastores.mysql.source: ") and "moved" not in line


def test_immutable_values_are_plain() -> None:
    buckets = {name: f"campus-{name}" for name in ("public", "private", "grades", "ora", "exports")}
    storage = {"source": "external", "endpoint": "https://s3.example.org", "buckets": buckets}
    values = immutable_values(_stack(storage=storage))
    assert values["openedx:datastores.storage.buckets"] == buckets
    assert json.loads(json.dumps(values)) == values


def test_models_alone_refuse_what_load_refuses() -> None:
    with pytest.raises(ValidationError):
        Stack.model_validate({"site": {"lms_host": "not a host"}})


def test_half_of_a_surrogate_pair_is_no_setting() -> None:
    """No file could hold it: it is no UTF-8."""
    site = {"lms_host": "learn.example.org"}
    with pytest.raises(ConfigError, match=r"openedx:settings\.common\.A.* can't be passed on"):
        load("mine", {"site": site, "settings": {"common": {"A": ["\ud83d"]}}})
