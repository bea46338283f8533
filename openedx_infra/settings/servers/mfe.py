"""Configuration of Caddy in the MFE image, which serves the micro-frontends.

Frontends are files. Those with a hash in their name never change and are kept for a year; everything else is
asked for anew, so that a new image shows at once. A hashed file that is missing is an error and not the app's
page: a browser would otherwise keep the page for a year under the name of the file.
"""

from __future__ import annotations

from openedx_infra.config import Stack
from openedx_infra.config.services.registry import enabled_mfes
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.settings.connections import LMS
from openedx_infra.settings.frontends import enabled_apps
from openedx_infra.settings.paths import DIST_DIR

MFE_PORT = 8002
"""Port of the MFEs' server."""

HEALTH_PATH = "/_health"
"""Path that answers 200 as long as the server runs; no frontend has it."""

HASHED = "[.-][0-9a-f]{8,}[.][a-z0-9.]+$"
"""Regular expression of paths with a hash of the content in them: webpack's, and Django's 12 digits."""


def mfe_caddyfile(stack: Stack) -> str:
    """Configuration of Caddy for the enabled micro-frontends."""
    site = stack.site
    blocks = [
        _HEAD.format(
            port=MFE_PORT,
            health=HEALTH_PATH,
            frames=" ".join([site.lms_url, site.studio_url, *site.more_urls]),
            limit=memory_bytes(stack.ingress.bodies.mfe),
        ),
        _ROOT.format(lms=site.lms_url),
        _API.format(upstream=LMS.of(stack), host=site.lms_host, scheme=site.scheme),
    ]
    if "authoring" in stack.mfe_names:
        blocks.append(_FORMER_AUTHORING)
    blocks += [_MFE.format(name=mfe.name, dist=DIST_DIR) for mfe in enabled_mfes(stack)]
    blocks.append(_SITE.format(dist=DIST_DIR) if enabled_apps(stack) else _NOTHING)
    return _GLOBAL + "\n".join(blocks) + "}\n"


_GLOBAL = """\
{
	admin off
	auto_https off
}

(app) {
	@hashed path_regexp HASHED
	handle @hashed {
		@found file
		header @found Cache-Control "public, max-age=31536000, immutable"
		file_server
	}
	handle {
		try_files {path} /index.html
		header Cache-Control "no-cache"
		file_server
	}
}

""".replace("HASHED", HASHED)

_HEAD = """\
:{port} {{
	log {{
		output stdout
		format json
	}}
	request_body {{
		max_size {limit}
	}}
	encode zstd gzip
	header {{
		-Server
		X-Content-Type-Options nosniff
		Referrer-Policy strict-origin-when-cross-origin
		Content-Security-Policy "frame-ancestors 'self' {frames}"
	}}

	handle {health} {{
		respond 200
	}}
"""

_ROOT = """\
	handle / {{
		redir {lms}/ 302
	}}
	handle /favicon.ico {{
		redir {lms}/favicon.ico 302
	}}
"""

_API = """\
	@configuration path /api/mfe_config/* /api/frontend_site_config/*
	handle @configuration {{
		reverse_proxy {upstream} {{
			header_up Host {host}
			header_up X-Forwarded-Proto {scheme}
		}}
	}}
"""

_FORMER_AUTHORING = """\
	@former_authoring path_regexp rest ^/course-authoring/(.*)$
	handle @former_authoring {
		redir * /authoring/{re.rest.1} 301
	}
"""

_MFE = """\
	@{name} path /{name} /{name}/*
	handle @{name} {{
		uri strip_prefix /{name}
		root * {dist}/{name}
		import app
	}}
"""

_SITE = """\
	handle {{
		root * {dist}/site
		import app
	}}
"""

_NOTHING = """\
	handle {
		respond 404
	}
"""
