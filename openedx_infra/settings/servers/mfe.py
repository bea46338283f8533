"""Configuration of Caddy in the MFE image, which serves the micro-frontends.

Frontends are files. Those with a hash in their name never change and are kept for a year; everything else is
asked for anew, so that a new image shows at once. A hashed file that is missing is an error and not the app's
page: a browser would otherwise keep the page for a year under the name of the file.
"""

from __future__ import annotations

from collections.abc import Sequence

from openedx_infra.config import Stack
from openedx_infra.config.development.frontends import SourceFrontend, source_frontends
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
    sources = source_frontends(stack)
    blocks += [_SOURCE.format(**_from_source(each)) for each in sources]
    served = [mfe.name for mfe in enabled_mfes(stack)]
    blocks += [_MFE.format(name=name, dist=DIST_DIR) for name in served if name not in _names(sources)]
    blocks.append(_SITE.format(dist=DIST_DIR) if enabled_apps(stack) else _NOTHING)
    return _GLOBAL + "\n".join(blocks) + "}\n"


def _names(sources: Sequence[SourceFrontend]) -> set[str]:
    return {each.name for each in sources}


def _from_source(frontend: SourceFrontend) -> dict[str, str]:
    """What stands for it in a block of the file. Its server knows its socket by a path of its own alone."""
    return {
        "name": frontend.name,
        "server": f"{frontend.component}:{frontend.port}",
        "socket": frontend.socket_path,
    }


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

_SOURCE = """\
	handle {socket} {{
		rewrite * /ws
		reverse_proxy {server}
	}}
	@{name} path /{name} /{name}/*
	handle @{name} {{
		reverse_proxy {server}
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
