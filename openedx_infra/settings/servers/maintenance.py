"""The maintenance page: a page for people, JSON for programs, and Caddy's configuration that chooses."""

from __future__ import annotations

import json
from html import escape

from openedx_infra.config import Stack
from openedx_infra.settings.paths import CADDY_DIR
from openedx_infra.settings.servers.mfe import HEALTH_PATH, MFE_PORT


def maintenance_files(stack: Stack) -> dict[str, str]:
    """Configuration and texts, by the names of their files in `CADDY_DIR`."""
    maintenance = stack.maintenance
    fields = {
        "language": escape(stack.site.language),
        "name": escape(stack.site.name),
        "message": escape(maintenance.message),
    }
    # By the name that Django REST framework gives to what an error says.
    answer = {"detail": maintenance.message, "retry_after": maintenance.retry_seconds}
    return {
        "Caddyfile": _CADDYFILE.format(
            port=MFE_PORT, health=HEALTH_PATH, folder=CADDY_DIR, retry=maintenance.retry_seconds
        ),
        "maintenance.html": _PAGE.format(**fields),
        "maintenance.json": json.dumps(answer, ensure_ascii=False) + "\n",
    }


_CADDYFILE = """\
{{
	admin off
	auto_https off
}}

(answer) {{
	root * {folder}
	# A form that was sent gets the page, too: files are only served to who reads.
	@writes not method GET HEAD
	method @writes GET
	# Neither a part of the page, nor "as you have it": both have another status.
	request_header -Range
	request_header -If-Modified-Since
	request_header -If-None-Match
	file_server {{
		status 503
	}}
}}

:{port} {{
	log {{
		output stdout
		format json
	}}
	handle {health} {{
		respond 200
	}}
	header {{
		-Server
		-Etag
		-Last-Modified
		Cache-Control no-store
		Retry-After {retry}
		X-Content-Type-Options nosniff
		X-Robots-Tag noindex
		Content-Security-Policy "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
		defer
	}}
	@program {{
		expression `{{path}}.matches("^/(.+/)?(api|oauth2)/")
			|| header({{'Accept': 'application/json*'}})
			|| header({{'X-Requested-With': 'XMLHttpRequest'}})`
	}}
	handle @program {{
		rewrite * /maintenance.json
		import answer
	}}
	handle {{
		rewrite * /maintenance.html
		import answer
	}}
}}
"""

_PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{name}</title>
<style>
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; background: #fff; color: #1f2933;
  font: 1.125rem/1.6 system-ui, sans-serif; }}
main {{ max-width: 36rem; padding: 2rem; }}
h1 {{ font-size: 1.75rem; line-height: 1.3; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #111827; color: #f3f4f6; }} }}
</style>
</head>
<body>
<main dir="auto">
<h1>{name}</h1>
<p role="status">{message}</p>
</main>
</body>
</html>
"""
