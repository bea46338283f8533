"""The plugin as the engine starts it: it serves, tells its port on standard output, and goes when asked."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from simulated_aws.cloud import from_environment
from simulated_aws.provider import Aws

THREADS = 64
"""Creations that may be under way at once; more wait, as with AWS' own limits."""
LARGEST = 400 * 1024 * 1024
"""Bytes of a message: Pulumi's own limit."""


def main() -> None:
    """Serve until the engine ends the process."""
    options = [(f"grpc.max_{way}_message_length", LARGEST) for way in ("receive", "send")]
    server = grpc.server(ThreadPoolExecutor(THREADS), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Aws(from_environment()), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
