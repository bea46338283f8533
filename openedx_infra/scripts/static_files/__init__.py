"""Keeps the static files of this version, and of the versions before it.

Runs as `python -m static_files` before the server of static files starts, in each of its pods. Standard
library only. A version's files are kept by what is in them: the same content is one file, in however many
versions and under however many names it is, and only what a pod lacks is fetched.
"""
