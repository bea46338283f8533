"""What a developer wants of the settings: details of errors, templates that are read anew, a debug toolbar.

Runs in the platform, after all other settings.
"""

CACHED = "django.template.loaders.cached.Loader"
TOOLBAR = "debug_toolbar"


def develop(namespace, eager_tasks, toolbar=False):
    """Change the settings in place: `namespace` are the globals of the settings module."""
    namespace["DEBUG"] = True
    # A debugger at a breakpoint in a task writes to the terminal: workers would make lines of the log of it.
    namespace["CELERY_REDIRECT_STDOUTS"] = False
    if toolbar:
        show_toolbar(namespace)
    for engine in namespace.get("TEMPLATES", []):
        read_anew(engine)
    if eager_tasks:
        # By their names of Celery 3, as all of the platform's settings of Celery are: it refuses a mixture.
        namespace["CELERY_ALWAYS_EAGER"] = True
        namespace["CELERY_EAGER_PROPAGATES_EXCEPTIONS"] = True


def show_toolbar(namespace):
    """Add Django's debug toolbar to each page. The platform's URLs have its own where its app is installed.

    Its middleware is the last, as the platform's own settings for development have it: it compares by itself
    whether a response is a page that isn't packed.
    """
    if TOOLBAR not in namespace["INSTALLED_APPS"]:
        namespace["INSTALLED_APPS"] = [*namespace["INSTALLED_APPS"], TOOLBAR]
    middleware = TOOLBAR + ".middleware.DebugToolbarMiddleware"
    if middleware not in namespace["MIDDLEWARE"]:
        namespace["MIDDLEWARE"] = [*namespace["MIDDLEWARE"], middleware]
    config = namespace.get("DEBUG_TOOLBAR_CONFIG", {})
    namespace["DEBUG_TOOLBAR_CONFIG"] = {**config, "SHOW_TOOLBAR_CALLBACK": always}


def always(request):
    """Whether the toolbar is on a page. By itself it looks for addresses of this machine, and visitors come
    by the cluster's proxy."""
    return True


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
