"""Host names of LMS, Studio and MFEs, and which origins may call them from a browser (CORS, CSRF)."""

from __future__ import annotations

from urllib.parse import urlsplit

from openedx_infra.config import Stack
from openedx_infra.config.sections.site import Tls, TlsNone, TlsUpstream
from openedx_infra.settings.connections import LMS, STUDIO
from openedx_infra.settings.cookies import lms_cookies, studio_cookies
from openedx_infra.settings.merging import Settings


def addresses(stack: Stack) -> Settings:
    """Names and URLs that LMS and Studio share."""
    site = stack.site
    return {
        "LMS_BASE": site.authority(site.lms_host),
        "CMS_BASE": site.authority(site.studio_host),
        "LMS_ROOT_URL": site.lms_url,
        "CMS_ROOT_URL": site.studio_url,
        # Calls from pod to pod stay inside the cluster: many networks don't route a pod to its own public
        # address.
        "LMS_INTERNAL_ROOT_URL": f"http://{LMS.of(stack)}",
        "HTTPS": "on" if site.secure else "off",
        "SECURE_PROXY_SSL_HEADER": scheme_header(site.tls),
        **_visitors_address(stack.ingress.proxies_in_front),
        # Courseware and Studio's editors show the platform's own pages in frames.
        "X_FRAME_OPTIONS": "SAMEORIGIN",
        "ENABLE_CORS_HEADERS": True,
        "CORS_ALLOW_CREDENTIALS": True,
        "CORS_ORIGIN_ALLOW_ALL": False,
        "CORS_ALLOW_INSECURE": not site.secure,
    }


def scheme_header(tls: Tls) -> list[str] | None:
    """SECURE_PROXY_SSL_HEADER: the header, and its value, by which Django knows that a visitor came by TLS.

    Without TLS nobody in front sets one, so that only visitors could. Where TLS ends before the cluster, all
    visitors come by it, whatever a balancer and the controller pass on: what is asked is the scheme of the
    pod's own connection, which is always http, so that the answer is always yes.
    """
    if isinstance(tls, TlsNone):
        return None
    return (
        ["wsgi.url_scheme", "http"] if isinstance(tls, TlsUpstream) else ["HTTP_X_FORWARDED_PROTO", "https"]
    )


def _visitors_address(proxies: int) -> Settings:
    """Which address is the visitor's, by which the platform counts logins, registrations and requests.

    Each proxy adds the address that it sees at the end of X-Forwarded-For, and the controller adds one more.
    Without proxies in front the platform takes the last public address, as it does by default. What it finds
    is REMOTE_ADDR from its middleware on, so that Django REST framework shall look at nothing else.
    """
    counted = [{"name": "X-Forwarded-For", "index": -(proxies + 1)}]
    return {
        "REST_FRAMEWORK": {"NUM_PROXIES": 0},
        **({"CLOSEST_CLIENT_IP_FROM_HEADERS": counted} if proxies else {}),
    }


def lms_addresses(stack: Stack) -> Settings:
    """The LMS' own names, cookies and trusted origins."""
    site = stack.site
    return {
        "SITE_NAME": site.authority(site.lms_host),
        # The Service's name is what the kubelet's probes and other pods say as Host.
        "ALLOWED_HOSTS": [
            site.lms_host,
            *site.more_hosts,
            LMS.of(stack).host,
            *_previews(stack, "lms"),
        ],
        **lms_cookies(stack),
        **_trust(stack, site.lms_host, *site.more_hosts, site.mfe_host, *_previews(stack, "lms", "mfe")),
        "LOGIN_REDIRECT_WHITELIST": _redirects(stack, site.studio_host, site.mfe_host, *site.more_hosts),
        "IDA_LOGOUT_URI_LIST": [f"{site.studio_url}/logout/"],
    }


def studio_addresses(stack: Stack) -> Settings:
    """Studio's own names, cookies and trusted origins, and its login at the LMS (secret aside)."""
    site = stack.site
    return {
        "SITE_NAME": site.authority(site.studio_host),
        "ALLOWED_HOSTS": [site.studio_host, STUDIO.of(stack).host, *_previews(stack, "studio")],
        **studio_cookies(stack),
        **_trust(stack, site.studio_host, site.mfe_host, *_previews(stack, "studio", "mfe")),
        "LOGIN_REDIRECT_WHITELIST": _redirects(stack, site.lms_host, site.mfe_host, *site.more_hosts),
        "FRONTEND_LOGIN_URL": f"{site.lms_url}/login",
        "FRONTEND_REGISTER_URL": f"{site.lms_url}/register",
        "SOCIAL_AUTH_EDX_OAUTH2_KEY": STUDIO_CLIENT_ID,
        "SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT": f"http://{LMS.of(stack)}",
        "SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT": site.lms_url,
        "SOCIAL_AUTH_REDIRECT_IS_HTTPS": site.secure,
    }


STUDIO_CLIENT_ID = "cms-sso"
"""Id of Studio's OAuth client at the LMS."""


def _previews(stack: Stack, *sites: str) -> list[str]:
    """The version's own hosts of sites, where there are two versions."""
    return [host for name, host in stack.preview_hosts.items() if name in sites]


def _trust(stack: Stack, *hosts: str) -> Settings:
    """Whose pages may call a site by script, with the visitor's cookies, and post to it."""
    origins = [*(stack.site.url(host) for host in hosts), *stack.ingress.trusted_origins]
    return {"CORS_ORIGIN_WHITELIST": origins, "CSRF_TRUSTED_ORIGINS": list(origins)}


def _redirects(stack: Stack, *hosts: str) -> list[str]:
    """Hosts that people are sent on to after they signed in or out."""
    hosts_and_ports = (stack.site.authority(host) for host in hosts)
    return [*hosts_and_ports, *(urlsplit(origin).netloc for origin in stack.ingress.trusted_origins)]
