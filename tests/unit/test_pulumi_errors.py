"""What Pulumi's CLI says becomes one message with a remedy, without passwords."""

from __future__ import annotations

import pytest

from openedx_infra.operations.state.pulumi_errors import explain

SAID = {
    "s3://bucket": 'error: read ".pulumi/meta.yaml": no EC2 IMDS role',
    "gs://bucket": "error: missing google credentials: unable to find gcp credentials",
    "azblob://box": 'error: unable to open bucket "azblob://box": Options.AccountName is required',
    "https://api.example": "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive",
    "postgres://me:hush@db/x": 'error: unable to open state database "postgres://me:hush@db/x": refused',
    "file:///nowhere": 'error: unable to open state directory "file:///nowhere": no such file',
}


@pytest.mark.parametrize(("url", "said"), SAID.items())
def test_a_backend_that_cant_be_reached(url: str, said: str) -> None:
    error = explain("campus", said, {"PULUMI_BACKEND_URL": url})
    assert error.message.startswith("The state of stack campus can't be reached at ")
    assert "Nothing was changed." in error.message
    assert "PULUMI_BACKEND_URL" in str(error.remedy)
    assert "hush" not in str(error)


@pytest.mark.parametrize(
    ("said", "sentence", "remedy"),
    [
        ("error: incorrect passphrase", "is not the passphrase", "PULUMI_CONFIG_PASSPHRASE"),
        (
            "error: cipher: message authentication failed",
            "with another salt",
            "secrets repair --stack campus",
        ),
        ("error: write x.json: no space left on device", "could not write", "make room"),
        ("error: the stack is currently locked by 1 lock(s)", "Another run works on", "pulumi cancel"),
        ("error: no stack named 'campus' found", "was never brought up", "openedx-infra up --stack campus"),
    ],
)
def test_others_have_a_remedy(said: str, sentence: str, remedy: str) -> None:
    variables = {"PULUMI_BACKEND_URL": "s3://bucket", "PULUMI_CONFIG_PASSPHRASE": "x"}
    error = explain("campus", said, variables)
    assert sentence in error.message
    assert remedy in str(error.remedy)
