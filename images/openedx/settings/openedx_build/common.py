"""What both sites are built with, laid over the platform's common settings."""

import importlib

THEMES_DIR = "/openedx/themes"


def load(namespace, site):
    """Fill a settings module: `namespace` are its globals, `site` is `lms` or `cms`."""
    common = importlib.import_module(f"{site}.envs.common")
    namespace.update({name: value for name, value in vars(common).items() if not name.startswith("__")})
    static_root = str(namespace["STATIC_ROOT"])
    namespace.update(
        SECRET_KEY="nothing is signed while an image is built",
        DATABASES={"default": {}},
        ENABLE_COMPREHENSIVE_THEMING=True,
        COMPREHENSIVE_THEME_DIRS=[THEMES_DIR],
        LMS_ROOT_URL="https://lms.invalid",
        XQUEUE_INTERFACE={"django_auth": None, "url": None},
    )
    # Which bundles webpack has made stands beside the static files, and not where development has it.
    for name, file in (("DEFAULT", "webpack-stats.json"), ("WORKERS", "webpack-worker-stats.json")):
        loader = namespace.get("WEBPACK_LOADER", {}).get(name)
        if loader is not None:
            loader["STATS_FILE"] = f"{static_root}/{file}"
    derived = importlib.import_module("openedx.core.lib.derived")
    derived.derive_settings(namespace["__name__"])
