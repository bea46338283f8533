"""How the platform and its micro-frontends find each other: from the release's list, as far as enabled."""

from __future__ import annotations

from typing import Any

from openedx_infra.config import Stack
from openedx_infra.config.services.registry import enabled_mfes
from openedx_infra.releases import FrontendApp, Mfe
from openedx_infra.settings.connections import Search
from openedx_infra.settings.cookies import mfe_cookies, site_cookies
from openedx_infra.settings.merging import Settings, merged
from openedx_infra.settings.services import service_mfe_config


def enabled_apps(stack: Stack) -> tuple[FrontendApp, ...]:
    """Apps of the frontend-base site that are used."""
    return tuple(app for app in stack.pinned_release.frontend_apps if app.name in stack.mfe_names)


def lms_frontends(stack: Stack, search: Search) -> Settings:
    """Where the LMS sends people, and what it tells the frontends when they start."""
    mfes, host = enabled_mfes(stack), stack.site.authority(stack.site.mfe_host)
    addresses = {mfe.setting: _address(stack, mfe) for mfe in mfes if mfe.setting}
    addresses |= {
        app.setting: f"{stack.site.mfe_url}/{app.name}" for app in enabled_apps(stack) if app.setting
    }
    return {
        **addresses,
        **{flag: True for mfe in mfes for flag in mfe.flags},
        **{mfe.domain_setting: f"{host}/{mfe.name}" for mfe in mfes if mfe.domain_setting},
        "ENABLE_MFE_CONFIG_API": True,
        # Seconds. The answer costs little, and a changed setting shall show at once.
        "MFE_CONFIG_API_CACHE_TIMEOUT": 1,
        "MFE_CONFIG": merged(_mfe_config(stack, search), stack.mfes.config),
        "MFE_CONFIG_OVERRIDES": stack.mfes.overrides,
        **({"FRONTEND_SITE_CONFIG": _site_config(stack)} if stack.pinned_release.frontend_apps else {}),
    }


def studio_frontends(stack: Stack) -> Settings:
    """Where Studio sends people."""
    mfes = [mfe for mfe in enabled_mfes(stack) if mfe.studio and mfe.setting]
    return {mfe.setting: _address(stack, mfe) for mfe in mfes if mfe.setting}


def _address(stack: Stack, mfe: Mfe) -> str:
    return f"{stack.site.mfe_url}/{mfe.name}{mfe.suffix}"


def _mfe_config(stack: Stack, search: Search) -> dict[str, Any]:
    """What all micro-frontends ask for; keys as openedx/frontend-platform names them."""
    site = stack.site
    logo = f"{site.lms_url}/theming/asset/images/logo.png"
    return {
        "BASE_URL": site.authority(site.mfe_host),
        "LMS_BASE_URL": site.lms_url,
        "STUDIO_BASE_URL": site.studio_url,
        "MARKETING_SITE_BASE_URL": site.lms_url,
        "LOGIN_URL": f"{site.lms_url}/login",
        "LOGOUT_URL": f"{site.lms_url}/logout",
        "REFRESH_ACCESS_TOKEN_ENDPOINT": f"{site.lms_url}/login_refresh",
        "CSRF_TOKEN_API_PATH": "/csrf/api/v1/token",
        **mfe_cookies(stack),
        "SITE_NAME": site.name,
        "INFO_EMAIL": site.contact_email,
        "SUPPORT_EMAIL": site.contact_email,
        "SUPPORT_URL": f"mailto:{site.contact_email}",
        "PASSWORD_RESET_SUPPORT_LINK": f"mailto:{site.contact_email}",
        # Pages that are the operator's to write, and of services that this instance has none of. Empty, none
        # is linked; left out, micro-frontends miss them aloud.
        "TERMS_OF_SERVICE_URL": "",
        "PRIVACY_POLICY_URL": "",
        "ORDER_HISTORY_URL": "",
        "CREDIT_PURCHASE_URL": "",
        # That page asks people to write to the makers of Open edX. A string, as it is compared with "true".
        "ENABLE_ACCESSIBILITY_PAGE": "false",
        "FAVICON_URL": f"{site.lms_url}/favicon.ico",
        "LOGO_URL": logo,
        "LOGO_WHITE_URL": logo,
        "LOGO_TRADEMARK_URL": logo,
        # Services that this instance has none of.
        "CREDENTIALS_BASE_URL": "",
        "DISCOVERY_API_BASE_URL": "",
        **_of_mfes(stack, search),
        **service_mfe_config(stack),
    }


def _of_mfes(stack: Stack, search: Search) -> dict[str, Any]:
    """What micro-frontends are told of those that are served."""
    meilisearch = "true" if search.engine == "meilisearch" else "false"
    config: dict[str, Any] = {}
    for mfe in enabled_mfes(stack):
        url = f"{stack.site.mfe_url}/{mfe.name}"
        for key, value in mfe.config.items():
            config[key] = value.format(url=url, meilisearch=meilisearch) if isinstance(value, str) else value
    return config


def _site_config(stack: Stack) -> dict[str, Any]:
    """What the frontend-base site asks for; keys as openedx/frontend-base names them."""
    site = stack.site
    mfes = enabled_mfes(stack)
    logout = {"role": "org.openedx.frontend.role.logout", "url": f"{site.lms_url}/logout"}
    routes = [{"role": mfe.role, "url": f"{site.mfe_url}/{mfe.name}/"} for mfe in mfes if mfe.role]
    return {
        "siteName": site.name,
        "baseUrl": site.mfe_url,
        "lmsBaseUrl": site.lms_url,
        "cmsBaseUrl": site.studio_url,
        "loginUrl": f"{site.lms_url}/login",
        "logoutUrl": f"{site.lms_url}/logout",
        **site_cookies(stack),
        "externalRoutes": [logout, *routes],
        "commonAppConfig": {key: value for mfe in mfes for key, value in mfe.app_config.items()},
    }
