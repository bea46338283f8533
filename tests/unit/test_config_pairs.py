"""Every source of a datastore may stand beside every source of every other one."""

from __future__ import annotations

from itertools import combinations

import pytest
from pairs import SWITCHES, all_pairs, covering, said_with, sample

from openedx_infra.config import Stack, load
from openedx_infra.config.datastores import Datastores
from openedx_infra.config.errors.key_paths import branches
from openedx_infra.config.secrets.needed import required
from openedx_infra.config.sections.mail import Mail


def test_all_sources_are_here() -> None:
    known = {name: set(branches(field.annotation)) for name, field in Datastores.model_fields.items()}
    known["mail"] = set(branches(Mail.model_fields["delivery"].annotation))
    assert {switch: set(sources) for switch, sources in SWITCHES.items()} == {
        name: sources for name, sources in known.items() if sources
    }


@pytest.mark.parametrize("pair", list(all_pairs()), ids=lambda pair: "-".join(map("=".join, pair.items())))
def test_every_pair_is_right(pair: dict[str, str]) -> None:
    stack = load("campus", said_with(pair))
    assert stack.sources.items() >= pair.items()
    assert load("campus", stack.model_dump(mode="json")) == stack


def test_a_few_choices_cover_all_pairs() -> None:
    choices = covering()
    covered = {frozenset(pair) for choice in choices for pair in combinations(choice.items(), 2)}
    assert covered == {frozenset(pair.items()) for pair in all_pairs()}
    assert all(choice.keys() == SWITCHES.keys() for choice in choices)
    assert len(choices) < 45, "the two switches with the most sources alone need 30"


def test_fewer_choices_have_all_sources() -> None:
    choices = sample(covering())
    sources = {source for choice in choices for source in choice.items()}
    assert sources == {(switch, source) for switch in SWITCHES for source in SWITCHES[switch]}
    assert len(choices) < 9, "the switch with the most sources alone needs 6"


def test_a_switch_changes_the_secrets_of_its_own_datastore_alone() -> None:
    plain = _secrets(load("campus", said_with({})))
    for switch, sources in SWITCHES.items():
        for source in sources:
            names = _secrets(load("campus", said_with({switch: source})))
            beginnings = {"search": ("search_", "meilisearch_"), "storage": "s3_"}.get(switch, f"{switch}_")
            assert all(name.startswith(beginnings) for name in plain ^ names), (switch, source)


def _secrets(stack: Stack) -> set[str]:
    return {secret.name for secret in required(stack)}
