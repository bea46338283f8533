"""The list of columns with personal data has every annotated model, and only words that masking knows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from openedx_infra.scripts.backup import host_names, masked_columns, masking

FACTS = json.loads((Path(__file__).parents[1] / "data" / "releases" / "pii.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("model", FACTS)
def test_a_model_that_is_annotated_is_masked_or_emptied(model: str) -> None:
    listed = {*masked_columns.columns(), *masked_columns.EMPTIED}
    assert set(FACTS[model]["tables"]) <= listed, FACTS[model]["source"]


def test_each_column_has_a_word_that_masking_knows() -> None:
    words = {word for columns in masked_columns.columns().values() for word in columns.values()}
    assert words - {"keep"} <= set(masking.EXPRESSIONS)
    assert set(masked_columns.BY_NAME.values()) <= set(masking.EXPRESSIONS)
    assert all(re.fullmatch(r"[a-z0-9_]+", table) for table in masked_columns.columns())
    assert not set(masked_columns.columns()) & set(masked_columns.EMPTIED)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("contact_email", "email"),
        ("user_name", "username"),
        ("last_poll_ipaddr", "ip"),
        ("phone", "empty"),
        ("emails_sent", None),
        ("description", None),
    ],
)
def test_a_column_that_the_list_leaves_out_is_known_by_its_name(name: str, word: str | None) -> None:
    found = (each for pattern, each in masked_columns.BY_NAME.items() if re.fullmatch(pattern, name))
    assert next(found, None) == word


@pytest.mark.parametrize(
    ("text", "now"),
    [
        ("learn.example.org", "staging.test.org"),
        ("https://learn.example.org/x", "https://staging.test.org/x"),
        ("LEARN.example.org:8000", "staging.test.org:8000"),
        ("at learn.example.org.", "at staging.test.org."),
        ("studio.learn.example.org", "s.test.org"),
        ("mail.learn.example.org", "mail.learn.example.org"),
        ("learn.example.org.evil.com", "learn.example.org.evil.com"),
        ("mylearn.example.org", "mylearn.example.org"),
    ],
)
def test_a_host_is_replaced_where_it_stands_as_a_whole(text: str, now: str) -> None:
    pairs = {"learn.example.org": "staging.test.org", "studio.learn.example.org": "s.test.org"}
    assert host_names.replaced(text, pairs) == now


def test_hosts_that_change_places_are_not_replaced_twice() -> None:
    assert host_names.replaced("a.org b.org", {"a.org": "b.org", "b.org": "a.org"}) == "b.org a.org"


class Collection:
    """A collection of MongoDB, as the driver shows it."""

    def __init__(self, *documents: dict[str, Any]) -> None:
        self.documents = {each["_id"]: each for each in documents}

    def find(self, _: object) -> list[dict[str, Any]]:
        return list(self.documents.values())

    def update_one(self, which: dict[str, Any], change: dict[str, Any]) -> None:
        self.documents[which["_id"]] |= change["$set"]

    def delete_many(self, _: object) -> None:
        self.documents.clear()


def forum() -> dict[str, Collection]:
    """The forum as Ulmo keeps it in MongoDB."""
    post = {"_id": 1, "author_username": "zoe", "title": "I am Zoe", "body": "Hello", "course_id": "c"}
    return {
        "users": Collection({"_id": "5", "username": "zoe", "email": "zoe@example.org"}),
        "contents": Collection(post, {"_id": 2, "author_username": "anna", "body": "Zoe?"}),
        "subscriptions": Collection({"_id": 3, "subscriber_id": "5"}),
    }


def test_the_forum_in_mongodb_is_masked_and_keeps_its_joins() -> None:
    database = forum()
    masking.mask_documents(database, "salt", ["anna"], content_only=False)
    assert "zoe" not in repr([each.documents for each in database.values()]).lower()
    user, posts = database["users"].documents["5"], database["contents"].documents
    assert user["username"] == posts[1]["author_username"] and user["email"].endswith("@masked.invalid")
    assert posts[1]["course_id"] == "c" and posts[2]["author_username"] == "anna"
    masking.mask_documents(database, "salt", [], content_only=True)
    assert not any(each.documents for each in database.values())
