"""A site as a web server sees one: quick answers, long ones, uploads. No framework, so that uWSGI loads it in
no time; what is tested is how the server ends, not what the platform does."""

import os
import time
from urllib.parse import parse_qs


def application(environ, start_response):
    """/heartbeat · /slow?seconds=2 · /upload · /whole: each answer names the process that gave it."""
    asked = environ["PATH_INFO"]
    if asked == "/slow":
        time.sleep(float(parse_qs(environ["QUERY_STRING"])["seconds"][0]))
        return _answer(start_response, b"whole " * 20_000)
    if asked == "/upload":
        return _answer(start_response, str(len(environ["wsgi.input"].read())).encode())
    time.sleep(0.005)  # a database's answer
    return _answer(start_response, f"alive {os.getpid()}\n".encode())


def _answer(start_response, body):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
