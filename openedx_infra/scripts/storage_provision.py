"""Makes the instance's buckets on its own S3 server, and says who reaches them. A second run changes nothing.

Needs boto3, which the platform's image has. Environment: S3_ENDPOINT, S3_REGION, ADMINISTRATOR (account that
makes buckets), BUCKETS (their names by purpose, as JSON), ORIGINS (addresses of the pages that fetch and send
files, parted by spaces). Files in SECRETS_DIR (/openedx/secrets): s3_root_secret_key, s3_access_key,
s3_secret_key.

The platform reads, writes and lists files in these buckets and nothing else; everybody reads the files of the
public one, by their names.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

ATTEMPTS = 30
ON_BUCKET = ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"]
ON_FILES = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
]
PREFLIGHT_SECONDS = 3600
"""How long browsers remember that a page may fetch or send files."""


def main() -> None:
    """Make what is missing, and set all attributes anew."""
    buckets: dict[str, str] = json.loads(os.environ["BUCKETS"])
    platform = secret("s3_access_key")
    administrator = client(os.environ["ADMINISTRATOR"], secret("s3_root_secret_key"))
    steps = len(buckets) + 2
    step(f"1 of {steps}: waiting for {os.environ['S3_ENDPOINT']}")
    wait(administrator)
    for number, (purpose, name) in enumerate(buckets.items(), 2):
        step(f"{number} of {steps}: bucket {name}")
        make(administrator, name)
        policy = json.dumps(policy_of(name, platform, public=purpose == "public"))
        administrator.put_bucket_policy(Bucket=name, Policy=policy)
        administrator.put_bucket_cors(Bucket=name, CORSConfiguration=cors_of(uploads=purpose == "ora"))
    step(f"{steps} of {steps}: what the platform reaches")
    reach(client(platform, secret("s3_secret_key")), buckets)
    step("done")


def client(access: str, key: str) -> Any:
    """The server, as one of its accounts."""
    return boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT"],
        region_name=os.environ["S3_REGION"],
        aws_access_key_id=access,
        aws_secret_access_key=key,
        config=Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"total_max_attempts": 1},  # `wait` tries again, and so does the Job
            s3={"addressing_style": "path"},
        ),
    )


def wait(server: Any) -> None:
    """Return when the server answers; give up after about a minute, or when it refuses the login."""
    pause = float(os.environ.get("PAUSE_SECONDS", "2"))
    for _ in range(ATTEMPTS):
        try:
            server.list_buckets()
            return
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (401, 403):
                fail(f"the server refuses s3_root_secret_key: it was started with another one ({error})")
            time.sleep(pause)
        except BotoCoreError:
            time.sleep(pause)
    fail(f"no server answers at {os.environ['S3_ENDPOINT']}")


def make(server: Any, name: str) -> None:
    """A bucket, unless it is there."""
    try:
        server.create_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise


def policy_of(name: str, platform: str, *, public: bool) -> dict[str, Any]:
    """Who may do what in a bucket."""
    resource = f"arn:aws:s3:::{name}"
    rules: list[tuple[str, Any, Any, str]] = [
        ("PlatformLists", {"AWS": platform}, ON_BUCKET, resource),
        ("PlatformUses", {"AWS": platform}, ON_FILES, f"{resource}/*"),
    ]
    if public:
        rules.append(("EverybodyReads", "*", "s3:GetObject", f"{resource}/*"))
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": title, "Effect": "Allow", "Principal": who, "Action": what, "Resource": where}
            for title, who, what, where in rules
        ],
    }


def cors_of(*, uploads: bool) -> dict[str, Any]:
    """Which pages may fetch files from scripts, and send them where learners' browsers upload."""
    return {
        "CORSRules": [
            {
                "AllowedOrigins": os.environ["ORIGINS"].split(),
                "AllowedMethods": ["GET", "HEAD", *(["PUT"] if uploads else [])],
                "AllowedHeaders": ["*"],
                "MaxAgeSeconds": PREFLIGHT_SECONDS,
            }
        ]
    }


def reach(server: Any, buckets: dict[str, str]) -> None:
    """Fail where the platform's account doesn't get in."""
    for name in buckets.values():
        try:
            server.head_bucket(Bucket=name)
        except ClientError as error:
            fail(f"the platform doesn't reach {name} by s3_access_key and s3_secret_key ({error})")


def secret(name: str) -> str:
    """A secret, from its file."""
    folder = os.environ.get("SECRETS_DIR", "/openedx/secrets")
    return Path(folder, name).read_text(encoding="utf-8").strip()


def step(text: str) -> None:
    """Say where we are."""
    print(f"storage_provision: {text}", flush=True)


def fail(text: str) -> None:
    """Say why, and end."""
    step(f"failed: {text}")
    sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except (BotoCoreError, ClientError) as failure:
        fail(str(failure))
