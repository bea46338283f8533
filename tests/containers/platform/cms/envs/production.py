"""Settings of a site that runs: those of a YAML file over the common ones, as the platform loads them."""

from openedx.standin.loading import fill

fill(globals(), "cms")
