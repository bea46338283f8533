"""Smoke test of a site on restored data. Piped into `manage.py shell`."""

import os
import sys

from django.test import Client

PAGES = {"lms": ("/heartbeat", "/login", "/courses"), "cms": ("/heartbeat",)}
"""Pages that ask MySQL and MongoDB, by site; /login and /courses may lead elsewhere."""
client = Client(HTTP_HOST=os.environ["HOST"], raise_request_exception=False)
answers = {path: client.get(path, secure=True).status_code for path in PAGES[os.environ["SERVICE_VARIANT"]]}
print("backup:", os.environ["SERVICE_VARIANT"], "answers", answers, flush=True)
broken = answers["/heartbeat"] != 200 or any(code >= 400 for code in answers.values())
sys.exit(1 if broken else 0)
