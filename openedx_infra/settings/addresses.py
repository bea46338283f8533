"""Host names of LMS, Studio and MFEs, and which origins may call them from a browser (CORS, CSRF)."""

from __future__ import annotations

from openedx_infra.config import Stack
from openedx_infra.settings.connections import LMS, STUDIO
from openedx_infra.settings.merging import Settings


def addresses(stack: Stack) -> Settings:
    """Names and URLs that LMS and Studio share."""
    site = stack.site
    return {
        "LMS_BASE": site.lms_host,
        "CMS_BASE": site.studio_host,
        "LMS_ROOT_URL": site.lms_url,
        "CMS_ROOT_URL": site.studio_url,
        # Calls from pod to pod stay inside the cluster: many networks don't route a pod to its own public
        # address.
        "LMS_INTERNAL_ROOT_URL": f"http://{LMS.of(stack)}",
        "HTTPS": "on" if site.secure else "off",
        "BASE_COOKIE_DOMAIN": site.cookie_domain,
        "SESSION_COOKIE_SECURE": site.secure,
        "CSRF_COOKIE_SECURE": site.secure,
        # Without TLS nobody in front sets the header, so that only visitors could.
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"] if site.secure else None,
        # Courseware and Studio's editors show the platform's own pages in frames.
        "X_FRAME_OPTIONS": "SAMEORIGIN",
        "ENABLE_CORS_HEADERS": True,
        "CORS_ALLOW_CREDENTIALS": True,
        "CORS_ORIGIN_ALLOW_ALL": False,
        "CORS_ALLOW_INSECURE": not site.secure,
    }


def lms_addresses(stack: Stack) -> Settings:
    """The LMS' own names, cookies and trusted origins."""
    site = stack.site
    return {
        "SITE_NAME": site.lms_host,
        # The Service's name is what the kubelet's probes and other pods say as Host.
        "ALLOWED_HOSTS": [site.lms_host, LMS.of(stack).host, *_previews(stack, "lms")],
        # The MFEs read the cookies that the LMS sets, so both must share a domain.
        "SESSION_COOKIE_DOMAIN": site.cookie_domain,
        # production.py sets SESSION_COOKIE_SAMESITE of the LMS from this name. Browsers refuse None without
        # TLS.
        "DCS_SESSION_COOKIE_SAMESITE": same_site(stack),
        "SESSION_COOKIE_SAMESITE": same_site(stack),
        "CORS_ORIGIN_WHITELIST": [site.lms_url, site.mfe_url, *_origins(stack, "lms", "mfe")],
        "CSRF_TRUSTED_ORIGINS": [site.lms_url, site.mfe_url, *_origins(stack, "lms", "mfe")],
        "LOGIN_REDIRECT_WHITELIST": [site.studio_host, site.mfe_host],
        "IDA_LOGOUT_URI_LIST": [f"{site.studio_url}/logout/"],
    }


def studio_addresses(stack: Stack) -> Settings:
    """Studio's own names, cookies and trusted origins, and its login at the LMS (secret aside)."""
    site = stack.site
    return {
        "SITE_NAME": site.studio_host,
        "ALLOWED_HOSTS": [site.studio_host, STUDIO.of(stack).host, *_previews(stack, "studio")],
        # A cookie of its own, as Studio's host is usually part of the domain of the LMS' session cookie.
        "SESSION_COOKIE_NAME": "studio_session_id",
        "SESSION_COOKIE_DOMAIN": site.studio_host,
        "SESSION_COOKIE_SAMESITE": same_site(stack),
        "CORS_ORIGIN_WHITELIST": [site.studio_url, site.mfe_url, *_origins(stack, "studio", "mfe")],
        "CSRF_TRUSTED_ORIGINS": [site.studio_url, site.mfe_url, *_origins(stack, "studio", "mfe")],
        "LOGIN_REDIRECT_WHITELIST": [site.lms_host, site.mfe_host],
        "FRONTEND_LOGIN_URL": f"{site.lms_url}/login",
        "FRONTEND_REGISTER_URL": f"{site.lms_url}/register",
        "SOCIAL_AUTH_EDX_OAUTH2_KEY": STUDIO_CLIENT_ID,
        "SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT": f"http://{LMS.of(stack)}",
        "SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT": site.lms_url,
        "SOCIAL_AUTH_REDIRECT_IS_HTTPS": site.secure,
    }


STUDIO_CLIENT_ID = "cms-sso"
"""Id of Studio's OAuth client at the LMS."""


def same_site(stack: Stack) -> str:
    """SameSite of session cookies: the MFEs' requests must carry them, and browsers take `None` over TLS
    only.
    """
    return "None" if stack.site.secure else "Lax"


def _previews(stack: Stack, *sites: str) -> list[str]:
    """The version's own hosts of sites, where there are two versions."""
    return [host for name, host in stack.preview_hosts.items() if name in sites]


def _origins(stack: Stack, *sites: str) -> list[str]:
    return [f"{stack.site.scheme}://{host}" for host in _previews(stack, *sites)]
