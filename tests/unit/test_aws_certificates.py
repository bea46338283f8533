"""AWS' certificates are fetched whole and checked, and bad ones never replace good ones."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from openedx_infra.operations.cli.app import app
from openedx_infra.operations.errors import OperationError


def certificate(days: int) -> bytes:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=900))
        .not_valid_after(now + timedelta(days=days))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Aws(http.server.ThreadingHTTPServer):
    """A trust store by path."""

    files: dict[str, bytes]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = {
            "/global/global-bundle.pem": certificate(900) + certificate(800),
            "/eu-central-1/eu-central-1-bundle.pem": certificate(700),
        }


class Answer(http.server.BaseHTTPRequestHandler):
    server: Aws

    def do_GET(self) -> None:
        content = self.server.files.get(self.path)
        self.send_response(403 if content is None else 200)
        self.end_headers()
        self.wfile.write(content or b"<Error>AccessDenied</Error>")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def aws() -> Iterator[Aws]:
    with Aws() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def fetch(aws: Aws, output: Path, *words: str) -> str:
    source = f"http://127.0.0.1:{aws.server_port}"
    command = ["certificates", "aws", "--source", source, "--output", str(output), *words]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_all_regions_and_one(aws: Aws, tmp_path: Path) -> None:
    output = tmp_path / "certificates" / "aws-rds.pem"
    assert "2 certificates of all regions" in fetch(aws, output)
    assert output.read_bytes() == aws.files["/global/global-bundle.pem"]
    assert "1 certificates of eu-central-1" in fetch(aws, output, "--region", "eu-central-1")
    assert output.read_bytes() == aws.files["/eu-central-1/eu-central-1-bundle.pem"]
    assert [path.name for path in output.parent.iterdir()] == ["aws-rds.pem"]
    assert output.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (certificate(10) + certificate(-1), "1 of the 2 certificates"),
        (b"<html>Please log in</html>", "holds no certificates"),
        (b"", "holds no certificates"),
        (b"x" * (5 * 2**20), "that is no trust store"),
        (None, "AWS has no certificates at"),
    ],
)
def test_what_is_wrong_replaces_nothing(aws: Aws, tmp_path: Path, content: bytes | None, said: str) -> None:
    output = tmp_path / "aws-rds.pem"
    output.write_text("as it was")
    aws.files = {} if content is None else {"/global/global-bundle.pem": content}
    with pytest.raises(OperationError, match=said) as raised:
        fetch(aws, output)
    assert raised.value.remedy
    assert [path.name for path in tmp_path.iterdir()] == ["aws-rds.pem"]
    assert output.read_text() == "as it was"


def test_nobody_answers(aws: Aws, tmp_path: Path) -> None:
    aws.server_close()
    with pytest.raises(OperationError, match="can't be fetched"):
        fetch(aws, tmp_path / "aws-rds.pem")
    assert list(tmp_path.iterdir()) == []
