"""What Jobs run: one file for each script, and the parameters of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openedx_infra.config import Stack
from openedx_infra.config.sections.parts.retirement import RETIREMENT_SECRET
from openedx_infra.config.services.definition import OauthClient
from openedx_infra.config.services.registry import enabled_mfes, service_mfes
from openedx_infra.settings.addresses import STUDIO_CLIENT_ID
from openedx_infra.settings.merging import merged
from openedx_infra.settings.parts.event_sinks import routers
from openedx_infra.settings.parts.mobile import REDIRECT_PATH
from openedx_infra.settings.parts.retirement import CLIENT_ID as RETIREMENT_CLIENT
from openedx_infra.settings.parts.retirement import WORKER as RETIREMENT_WORKER
from openedx_infra.settings.services import added_settings

NAMES = (
    "mysql_client.sh",
    "mysql_provision.sh",
    "mongodb_provision.js",
    "search_provision.py",
    "storage_provision.py",
    "lms_migrate.sh",
    "studio_migrate.sh",
    "migrate.py",
    "migration_check.sh",
    "migration_check.py",
    "lms_setup.sh",
    "lms_setup.py",
    "platform_users.py",
    "event_routers.py",
    "lms_setup_models.py",
    "studio_setup.sh",
    "studio_setup.py",
    "platform_tests.sh",
    "platform_tests_report.sh",
    "platform_checks.sh",
    "pytest_shard.py",
    "retire.py",
    "tracking_ship.sh",
)
"""All scripts, in the order in which Jobs run them. The first is part of others; a `_setup.py` lies beside
the `_setup.sh` that pipes it in; four run the platform's own tests; one is a duty's, and one a sidecar's.
"""

EVENT_ROUTERS = "event_routers.py"
"""What `lms_setup.py` imports to write where events go."""
LMS_SETUP_MODELS = "lms_setup_models.py"
"""What `lms_setup.py` imports to write into configuration models."""
PLATFORM_USERS = "platform_users.py"
"""What `lms_setup.py` imports from beside itself to make users: the script of the verbs about them."""
_IN_PLATFORM = Path(__file__).parent / "in_platform"

MYSQL_CLIENT = NAMES[0]
"""What scripts that speak to MySQL read from beside themselves."""


def text(name: str) -> str:
    """The text of a script. Raises KeyError for a name that is not in NAMES."""
    if name not in NAMES:
        raise KeyError(f"no script is called {name}; there are {', '.join(NAMES)}")
    path = _IN_PLATFORM / "users.py" if name == PLATFORM_USERS else Path(__file__).parent / name
    return path.read_text(encoding="utf-8")


def whole(name: str) -> dict[str, str]:
    """A script and what it reads from beside itself, by the names of their files."""
    return _with_shared({name: text(name)})


def package(name: str) -> dict[str, str]:
    """The texts of a package of scripts, such as `preflight`, by the names of its files; shells' are among
    them, and what those read from beside themselves."""
    folder = Path(__file__).parent / name
    paths = [*folder.glob("*.py"), *folder.glob("*.sh")]
    return _with_shared({path.name: path.read_text(encoding="utf-8") for path in sorted(paths)})


def in_platform(name: str) -> str:
    """A script that a verb sends into a container of the platform, and what lets it answer a request."""
    return "\n".join((_IN_PLATFORM / each).read_text(encoding="utf-8") for each in (name, "serve.py"))


def in_volumes_pod(name: str) -> str:
    """A script that `openedx-infra dev` sends into a pod of its own, and what lets it answer a request."""
    paths = (Path(__file__).parent / "development" / name, _IN_PLATFORM / "serve.py")
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def in_import_pod(name: str) -> str:
    """What `import data` sends into its pod: the package `transfer`, whose ACTIONS answer a request."""
    texts = {
        f"{each}.{file.removesuffix('.py')}": text for each in (name,) for file, text in package(each).items()
    }
    serve = (_IN_PLATFORM / "serve.py").read_text(encoding="utf-8")
    return f"TEXTS = {texts!r}\n{_FROM_TEXTS}\nfrom {name}.actions import ACTIONS, Refused\n{serve}"


_FROM_TEXTS = """\
import importlib.abc, importlib.util, sys

class FromTexts(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name + ".__init__" in TEXTS:
            return importlib.util.spec_from_loader(name, self, is_package=True)
        return importlib.util.spec_from_loader(name, self) if name in TEXTS else None

    def exec_module(self, module):
        name = module.__name__
        exec(compile(TEXTS.get(name) or TEXTS[name + ".__init__"], name, "exec"), module.__dict__)

sys.meta_path.insert(0, FromTexts())
"""
"""Lets Python import a package from its texts: no file is written."""


def clients(stack: Stack) -> list[dict[str, Any]]:
    """OAuth clients at the LMS that the stack file asks for, beside Studio's: what set-up writes of each.

    `secret` is the name of the file with its secret, and of the stack's secret. None: it can keep none.
    """
    found: list[dict[str, Any]] = [
        {
            "client_id": name,
            "user": None,
            "secret": None,
            "grant": "password" if app.login == "password" else "authorization-code",
            "redirect_uris": "" if app.login == "password" else f"{app.application_id}://{REDIRECT_PATH}",
        }
        for name, app in stack.mobile.apps.items()
    ]
    if stack.retirement.enabled:
        found.append(
            {
                "client_id": RETIREMENT_CLIENT,
                "user": RETIREMENT_WORKER,
                "secret": RETIREMENT_SECRET,
                "grant": "client-credentials",
                "redirect_uris": "",
            }
        )
    return [*found, *(_service_client(each) for one in added_settings(stack) for each in one.oauth_clients)]


def _service_client(client: OauthClient) -> dict[str, Any]:
    """The same of a companion service's client."""
    return {
        "client_id": client.client_id,
        "user": client.user,
        "secret": client.secret,
        "grant": client.grant,
        "redirect_uris": " ".join(client.redirect_uris),
        "scopes": list(client.scopes),
        "skip_authorization": client.skip_authorization,
    }


def _over(services: Sequence[Mapping[str, bool]], own: Mapping[str, bool]) -> dict[str, bool]:
    """Flags or switches of companion services, and those of the stack file, which win."""
    return {name: value for each in (*services, own) for name, value in each.items()}


def _with_shared(texts: dict[str, str]) -> dict[str, str]:
    shared = any(f"/{MYSQL_CLIENT}" in each for each in texts.values())
    return texts | ({MYSQL_CLIENT: text(MYSQL_CLIENT)} if shared else {})


def setup_parameters(stack: Stack) -> dict[str, Any]:
    """What the setup of the LMS is told: the contents of /openedx/parameters/setup.json. Nothing in it is
    secret.
    """
    site = stack.site
    mfes = (*stack.pinned_release.mfes, *service_mfes(stack))
    services = list(added_settings(stack))
    users = [user for each in services for user in each.service_users]
    served = [flag for mfe in enabled_mfes(stack) for flag in mfe.waffle_flags]
    return {
        "lms_host": site.lms_host,
        "site_name": site.name,
        "theme": site.theme,
        "hosts": [site.lms_host, site.studio_host],
        "languages": list(site.languages),
        "administrators": [{"name": each.name, "email": each.email} for each in site.administrators],
        "studio_client_id": STUDIO_CLIENT_ID,
        "studio_redirect_uri": f"{site.studio_url}/complete/edx-oauth2/",
        "service_users": [
            *([RETIREMENT_WORKER] if stack.retirement.enabled else []),
            *(user.name for user in users),
        ],
        # Rights of service users, set each time.
        "rights": {user.name: {"staff": user.staff, "superuser": user.superuser} for user in users},
        "clients": clients(stack),
        "event_routers": routers(stack),
        "config_models": {row.model: dict(row.fields) for each in services for row in each.config_models},
        "site_configuration": merged(*(each.site_configuration for each in services)),
        # Made when missing, and then left to the operator.
        "default_flags": [*served, *stack.pinned_release.waffle_flags],
        "default_switches": ["completion.enable_completion_tracking"],
        # They would send people to frontends that are not served.
        "absent_flags": [flag for mfe in mfes for flag in mfe.waffle_flags if flag not in served],
        # Mails that duties send: fields of ScheduleConfig.
        "schedules": list(stack.duties.schedules),
        # Said in the stack file, and so set each time.
        "flags": _over([each.waffle_flags for each in services], stack.features.waffle_flags),
        "switches": _over([each.waffle_switches for each in services], stack.features.waffle_switches),
    }
