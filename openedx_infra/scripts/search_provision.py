"""Makes the platform's API key on a Meilisearch server. Standard library only.

Environment: MEILISEARCH_URL, INDEX_PREFIX, KEY_UID; perhaps TLS_VERIFY (full, ca or none) with the files
TLS_CA, TLS_CERTIFICATE and TLS_KEY. File in SECRETS_DIR (/openedx/secrets):
meilisearch_master_key.

Meilisearch derives a key from its id and the master key, so that the platform's settings know it beforehand.
The key reaches the indexes with the prefix and nothing else.
"""

import hashlib
import hmac
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ATTEMPTS = 30


def main() -> None:
    """Make the key, or make it anew when its rights differ."""
    url, prefix, uid = (os.environ[name] for name in ("MEILISEARCH_URL", "INDEX_PREFIX", "KEY_UID"))
    folder = os.environ.get("SECRETS_DIR", "/openedx/secrets")
    master = Path(folder, "meilisearch_master_key").read_text(encoding="utf-8").strip()
    step(f"1 of 2: waiting for {url}")
    wait(url)
    step(f"2 of 2: API key for the indexes {prefix}*")
    wanted = {"uid": uid, "name": "Open edX", "actions": ["*"], "indexes": [f"{prefix}*"], "expiresAt": None}
    key = call(url, master, "GET", f"/keys/{uid}")
    if key is not None and any(key.get(name) != wanted[name] for name in ("actions", "indexes", "expiresAt")):
        # Rights of a key can't be changed; a key with the same id has the same value.
        call(url, master, "DELETE", f"/keys/{uid}")
        key = None
    answer = key or call(url, master, "POST", "/keys", wanted) or {}
    if answer.get("key") != hmac.new(master.encode(), uid.encode(), hashlib.sha256).hexdigest():
        fail("the key is not the one in the platform's settings: this server derives keys in another way")
    step("done")


def call(url: str, master: str, method: str, path: str, body: Any = None) -> dict[str, Any] | None:
    """The server's answer; None where it has nothing."""
    request = urllib.request.Request(
        url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {master}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30, context=encryption()) as response:
            text = response.read()
    except urllib.error.HTTPError as error:
        if error.code == 404 and method == "GET":
            return None
        if error.code == 403:
            fail("the server refuses meilisearch_master_key: it was started with another one")
        fail(f"{method} {path}: {error.code} {error.read().decode(errors='replace')[:500]}")
    answer: dict[str, Any] = json.loads(text) if text else {}
    return answer


def wait(url: str) -> None:
    """Return when the server answers; give up after about a minute."""
    pause = float(os.environ.get("PAUSE_SECONDS", "2"))
    why = ""
    for _ in range(ATTEMPTS):
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5, context=encryption()):
                return
        except OSError as error:
            why = str(getattr(error, "reason", error))
            time.sleep(pause)
    fail(f"no server answers at {url} ({why})")


def encryption() -> ssl.SSLContext | None:
    """What a connection demands of the server; None: what is usual."""
    verify, files = (
        os.environ.get("TLS_VERIFY"),
        [os.environ.get(f"TLS_{of}") for of in ("CERTIFICATE", "KEY")],
    )
    if not verify:
        return None
    context = ssl.create_default_context(cafile=os.environ.get("TLS_CA") or None)
    context.check_hostname = verify == "full"
    context.verify_mode = ssl.CERT_NONE if verify == "none" else ssl.CERT_REQUIRED
    if files[0]:
        context.load_cert_chain(files[0], files[1])
    return context


def step(text: str) -> None:
    """Say where we are."""
    print(f"search_provision: {text}", flush=True)


def fail(text: str) -> None:
    """Say why, and end."""
    step(f"failed: {text}")
    sys.exit(1)


if __name__ == "__main__":
    main()
