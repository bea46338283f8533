"""Dockerfile of the micro-frontends' image: a few stages for each, put together for a release."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openedx_infra.images.compose import context, with_fragments

_SCOPE = "@openedx"


@dataclass(frozen=True, kw_only=True)
class Frontend:
    """A micro-frontend that is built from its repository into a folder of its own."""

    name: str
    """Its folder and path, such as `learning`."""
    repository: str
    """Address of its Git repository."""
    ref: str
    """Branch, tag or commit."""


@dataclass(frozen=True, kw_only=True)
class SiteApp:
    """An app of the frontend-base site: an npm package that exports the app."""

    name: str
    """Its name, such as `instructor-dashboard`: the package is `@openedx/frontend-app-NAME`."""
    version: str
    """Which versions of the package will do, in npm's words, such as `^1.0.0`."""

    @property
    def package(self) -> str:
        """Name of the package."""
        return f"{_SCOPE}/frontend-app-{self.name}"

    @property
    def export(self) -> str:
        """Name by which the package exports the app: `instructorDashboardApp`."""
        first, *rest = self.name.split("-")
        return f"{first}{''.join(word.capitalize() for word in rest)}App"


FRONTEND_BASE = {
    "@edx/brand": "npm:@openedx/brand-openedx@^1.2.3",
    f"{_SCOPE}/frontend-base": "^1.0.0",
    f"{_SCOPE}/paragon": "^23",
    "@tanstack/react-query": "^5",
    "react": "^18",
    "react-dom": "^18",
    "react-router": "^6",
    "react-router-dom": "^6",
}
"""Packages that every site has: frontend-base and what its apps name as peers (notifications 3.0.0 does)."""

_REPLACED_AT_RUN_TIME = "http://replaced.invalid"
"""Stands where the site's addresses come from the LMS when a page is opened (`/api/frontend_site_config`)."""


def mfe_dockerfile(
    frontends: Sequence[Frontend],
    apps: Sequence[SiteApp] = (),
    fragments: Mapping[str, str] | None = None,
) -> str:
    """The Dockerfile of the image with these micro-frontends, and with a site of these apps, if any.

    Its points are `build`, `NAME-modules` and `NAME` of each micro-frontend, `site-modules`, `site` and
    `production`. Raises FragmentError as `dockerfile` does.
    """
    names = [frontend.name for frontend in frontends]
    parts = [_part("head"), *(_stages(frontend) for frontend in frontends)]
    if apps:
        parts.append(_part("site").replace("{{files}}", "\n".join(_files(apps))))
        names.append("site")
    copies = [f"COPY --link --from={name} /openedx/app/dist /openedx/dist/{name}/" for name in names]
    parts.append(_part("tail").replace("{{copies}}", "\n".join(copies)))
    return with_fragments("".join(parts), fragments or {})


def _part(name: str) -> str:
    return (context("mfe") / f"{name}.Dockerfile").read_text(encoding="utf-8")


def _stages(frontend: Frontend) -> str:
    words = {"name": frontend.name, "repository": frontend.repository, "ref": frontend.ref}
    return re.sub(r"\{\{(\w+)\}\}", lambda match: words[match[1]], _part("mfe"))


def _files(apps: Sequence[SiteApp]) -> list[str]:
    """The site's source, as instructions that write each file: it is nobody's repository."""
    files = {
        "package.json": json.dumps(_package(apps), indent=2),
        "site.config.build.tsx": _configuration(apps),
        "tsconfig.json": json.dumps(
            {"extends": f"{_SCOPE}/frontend-base/config/tsconfig.json", "include": ["site.config.*.tsx"]},
            indent=2,
        ),
        "public/index.html": '<!doctype html>\n<title>Open edX</title>\n<div id="root"></div>',
        "src/i18n/index.ts": "export default [];",
    }
    return [f'COPY <<"END" /{name}\n{text}\nEND' for name, text in files.items()]


def _package(apps: Sequence[SiteApp]) -> dict[str, object]:
    return {
        "name": "openedx-site",
        "version": "1.0.0",
        "private": True,
        "browserslist": ["extends @edx/browserslist-config"],
        "sideEffects": ["*.css", "*.scss"],
        "scripts": {"build": "openedx build"},
        "dependencies": FRONTEND_BASE | {app.package: app.version for app in apps},
        "devDependencies": {"@edx/browserslist-config": "^1.5.0"},
    }


def _configuration(apps: Sequence[SiteApp]) -> str:
    imports = [f"import {{ {app.export} }} from '{app.package}';" for app in apps]
    exports = ", ".join(["shellApp", "headerApp", "footerApp", *(app.export for app in apps)])
    addresses = ("baseUrl", "lmsBaseUrl", "cmsBaseUrl", "loginUrl", "logoutUrl")
    return "\n".join(
        [
            "import { EnvironmentTypes, footerApp, headerApp, shellApp } from '@openedx/frontend-base';",
            *imports,
            "import '@openedx/frontend-base/shell/style';",
            "import '@edx/brand/core.min.css';",
            "import '@edx/brand/light.min.css';",
            "",
            "export default {",
            "  siteId: 'openedx',",
            "  siteName: 'Open edX',",
            *(f"  {name}: '{_REPLACED_AT_RUN_TIME}'," for name in addresses),
            "  runtimeConfigJsonUrl: '/api/frontend_site_config/v1/',",
            "  environment: EnvironmentTypes.PRODUCTION,",
            f"  apps: [{exports}],",
            "  accessTokenCookieName: 'edx-jwt-cookie-header-payload',",
            "};",
        ]
    )
