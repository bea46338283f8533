"""The platform as a package: its entry points are how XBlocks are found."""

from setuptools import setup

setup(
    name="openedx-platform",
    version="0.1",
    packages=["lms", "cms", "openedx", "xmodule"],
    entry_points={"xblock.v1": ["problem = xmodule:Problem"]},
)
