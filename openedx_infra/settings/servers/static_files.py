"""Configuration of Caddy for the static files of LMS and Studio, which lie on a volume.

What has a hash in its name never changes, whichever version it is of, and is kept for a year; everything else
is asked for anew, and is of the newest version. No answer carries a date: ETags are made from contents, and
are the same in all pods, which were filled at different times.
"""

from __future__ import annotations

from openedx_infra.settings.servers.mfe import HASHED, HEALTH_PATH

STATIC_PORT = 8003
"""Port of the server of static files."""

STATIC_PATH = "/static"
"""Start of the paths of static files, on the hosts of LMS and of Studio alike: STATIC_URL of the platform."""

VERSIONS_DIR = "/openedx/versions"
"""The volume of static files: what `scripts/static_files` makes."""

PEERS_PATH = "/_peers"
"""Start of the paths under which pods hand on to each other what they have. No entrance leads there."""


def static_caddyfile(folder: str = VERSIONS_DIR, port: int = STATIC_PORT) -> str:
    """Configuration of Caddy for a folder that `scripts/static_files` filled."""
    return _TEXT.format(
        port=port, health=HEALTH_PATH, peers=PEERS_PATH, folder=folder, path=STATIC_PATH, hashed=HASHED
    )


_TEXT = """\
{{
	admin off
	auto_https off
	# A pod that stops answers what it was asked, also to slow visitors.
	grace_period 25s
}}

:{port} {{
	log {{
		output stdout
		format json
	}}
	encode zstd gzip
	header {{
		-Server
		-Last-Modified
		X-Content-Type-Options nosniff
	}}

	handle {health} {{
		respond 200
	}}

	@peers path {peers}/versions.json {peers}/contents/*
	handle @peers {{
		uri strip_prefix {peers}
		root * {folder}
		file_server
	}}

	handle {path}/* {{
		root * {folder}/served
		# Fonts, scripts and images are for pages of all hosts of the site: MFEs, previews, a CDN's.
		header Access-Control-Allow-Origin *
		@hashed path_regexp {hashed}
		handle @hashed {{
			@found file
			header @found Cache-Control "public, max-age=31536000, immutable"
			file_server
		}}
		handle {{
			header Cache-Control "no-cache"
			file_server
		}}
	}}

	handle {{
		error 404
	}}

	handle_errors {{
		header Cache-Control "no-store"
		respond "{{err.status_code}} {{err.status_text}}" {{err.status_code}}
	}}
}}
"""
