"""Checks of external servers, before anything is changed.

Runs in the platform's image as `python -m preflight`, with its libraries and the standard one. Nothing here
changes anything, but for a probe object in each bucket, which is deleted again.

File in PARAMETERS_DIR (/openedx/parameters): preflight.json. Files in SECRETS_DIR (/openedx/secrets):
passwords, by the names in settings/connections.py.
"""
