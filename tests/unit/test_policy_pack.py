"""Pulumi's engine gets every rule, by a name that a configuration can relax."""

from __future__ import annotations

import json
from pathlib import Path

from policies import pack, rules

ROOT = Path(__file__).parents[2]
NAMES = [policy.name for policy in pack.policies()]


def test_every_rule_is_a_policy_of_its_own() -> None:
    functions = (*rules.OBJECT_RULES, *rules.RELATION_RULES, *rules.PROPERTY_RULES, *rules.BUCKET_RULES)
    assert {rule.__name__.replace("_", "-") for rule in functions} <= set(NAMES)
    assert len(NAMES) == len(set(NAMES))


def test_every_policy_says_what_it_wants() -> None:
    assert all(policy.description.endswith(".") for policy in pack.policies())


def test_what_throw_away_stacks_relax_exists() -> None:
    relaxed = json.loads((ROOT / "policies/throw-away.json").read_text(encoding="utf-8"))
    assert relaxed.keys() <= set(NAMES)
    assert set(relaxed.values()) == {"advisory"}
