"""Settings of a site that runs: those of a YAML file over the common ones."""

import importlib
import os
from pathlib import Path

import yaml

globals().update(
    {
        name: value
        for name, value in vars(importlib.import_module("lms.envs.common")).items()
        if name.isupper()
    }
)
globals().update(yaml.safe_load(Path(os.environ["LMS_CFG"]).read_text(encoding="utf-8")))
