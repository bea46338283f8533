#!/usr/bin/env python
"""Management commands: manage.py {lms|cms} COMMAND."""

import os
import sys

from django.core.management import execute_from_command_line

site, *arguments = sys.argv[1:]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"{site}.envs.production")
execute_from_command_line([sys.argv[0], *arguments])
