"""What a developer wants of the settings: details of errors, templates that are read anew, tasks at once.

Runs in the platform, after all other settings.
"""

CACHED = "django.template.loaders.cached.Loader"


def develop(namespace, eager_tasks):
    """Change the settings in place: `namespace` are the globals of the settings module."""
    namespace["DEBUG"] = True
    for engine in namespace.get("TEMPLATES", []):
        read_anew(engine)
    if eager_tasks:
        # By their names of Celery 3, as all of the platform's settings of Celery are: it refuses a mixture.
        namespace["CELERY_ALWAYS_EAGER"] = True
        namespace["CELERY_EAGER_PROPAGATES_EXCEPTIONS"] = True


def read_anew(engine):
    """Let Django's templates be read anew for each page: its engine keeps them, unless its loaders are named.

    Mako's lookup compares times of files by itself.
    """
    if engine.get("BACKEND") != "django.template.backends.django.DjangoTemplates":
        return
    options = engine.setdefault("OPTIONS", {})
    if "loaders" in options:
        options["loaders"] = uncached(options["loaders"])
        return
    loaders = ["django.template.loaders.filesystem.Loader"]
    if engine.pop("APP_DIRS", False):
        loaders.append("django.template.loaders.app_directories.Loader")
    options["loaders"] = loaders


def uncached(loaders):
    """The loaders without one that keeps what others have read."""
    plain = []
    for loader in loaders:
        if isinstance(loader, (list, tuple)) and loader[0] == CACHED:
            plain += uncached(loader[1])
        else:
            plain.append(loader)
    return plain
