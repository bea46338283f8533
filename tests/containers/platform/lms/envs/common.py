"""Settings that need no file: those that assets are made by, and the apps."""

from importlib import import_module

from openedx.standin.loading import APPS

globals().update(
    {name: value for name, value in vars(import_module("lms.envs.assets")).items() if name.isupper()}
)
INSTALLED_APPS = [*APPS, *(app for app in globals()["INSTALLED_APPS"] if app not in APPS)]
