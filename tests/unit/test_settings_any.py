"""Settings are rendered for every possible connection, with no secret among the plain ones."""

from __future__ import annotations

import json
from typing import Any, get_args
from urllib.parse import unquote

import settings_case as case
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from test_settings import READ_ELSEWHERE

from openedx_infra import settings
from openedx_infra.settings.connections import (
    Buckets,
    Connections,
    Endpoint,
    Mongodb,
    Mysql,
    Purpose,
    Search,
    Ses,
    Smtp,
    Tls,
    Valkey,
    Volumes,
)
from openedx_infra.settings.job_inputs import platform_settings

KNOWN = platform_settings()

WORDS = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
# Users of servers outside are named by those who run them.
USERS = st.text("aZ0 @:/?#%&;é", min_size=1, max_size=8)
AT = st.builds(Endpoint, host=WORDS.map("{}.example.org".format), port=st.integers(1, 65535))
SERVERS = st.lists(AT, min_size=1, max_size=3).map(tuple)
PATHS = st.none() | WORDS.map("/openedx/certificates/{}.pem".format)
TLS = st.none() | st.builds(
    Tls, verify=st.sampled_from(["full", "ca", "none"]), ca=PATHS, certificate=PATHS, key=PATHS
)
MYSQL = st.builds(
    Mysql,
    endpoint=AT,
    database=WORDS,
    user=WORDS,
    tls=TLS,
    replica=st.none() | AT,
    history_database=st.none() | WORDS,
    history=st.none() | AT,
)
MONGODB = {
    "database": WORDS,
    "user": WORDS,
    "auth_database": WORDS,
    "replica_set": st.none() | WORDS,
    "tls": TLS,
    "retry_writes": st.booleans(),
}
VALKEY = {
    "database": st.integers(0, 15),
    "user": st.none() | USERS,
    "authenticated": st.booleans(),
    "tls": TLS,
    "prefix": st.just("") | WORDS,
}
VALKEYS = st.builds(Valkey, endpoint=AT, **VALKEY) | st.builds(
    Valkey, sentinels=SERVERS, master=WORDS, **VALKEY
)
SEARCH = st.builds(
    Search,
    engine=st.sampled_from(["meilisearch", "elasticsearch", "opensearch", "typesense"]),
    endpoint=AT,
    tls=TLS,
    public_url=st.none() | WORDS,
    user=st.none() | USERS,
    derived_key=st.booleans(),
)
URLS = st.none() | AT.map("https://{}".format)
BUCKETS = st.builds(
    Buckets,
    names=st.just({purpose: f"b-{purpose}" for purpose in get_args(Purpose)}),
    region=WORDS,
    endpoint=URLS,
    public_endpoint=URLS,
    addressing=st.sampled_from(["path", "virtual"]),
    role=st.booleans(),
)
MAIL = st.builds(
    Smtp, endpoint=AT, security=st.sampled_from(["none", "starttls", "tls"]), user=st.none() | USERS
) | st.builds(Ses, region=WORDS, configuration_set=st.none() | WORDS)
ANY = st.builds(
    Connections,
    mysql=MYSQL,
    mongodb=st.builds(Mongodb, members=SERVERS, **MONGODB) | st.builds(Mongodb, srv=WORDS, **MONGODB),
    broker=VALKEYS,
    cache=VALKEYS,
    search=SEARCH,
    storage=st.just(Volumes()) | BUCKETS,
    mail=MAIL,
)


def values(of: Any) -> list[Any]:
    """All that is in maps and lists."""
    if isinstance(of, dict):
        return [value for each in of.values() for value in values(each)]
    return [value for each in of for value in values(each)] if isinstance(of, list) else [of]


@hypothesis(max_examples=40, deadline=None)
@given(known=ANY)
def test_every_connection_becomes_settings(known: Connections) -> None:
    stack, secrets = case.stack(), case.secrets()
    for render, hidden in (
        (settings.lms, settings.lms_secrets),
        (settings.studio, settings.studio_secrets),
    ):
        plain, secret = render(stack, known), hidden(stack, known, secrets)
        # What YAML can say, too.
        text = unquote(json.dumps(plain))
        assert not [value for value in secrets.values() if value.strip() in text]
        assert (plain.keys() | secret.keys()) <= KNOWN | READ_ELSEWHERE.keys()
        # Nothing that a connection doesn't know is written out as if it did.
        texts = [value for value in values(plain) + values(secret) if isinstance(value, str)]
        assert not [value for value in texts if "None" in value and value != "None"]
