"""Settings that follow from others."""

import sys


def derive_settings(module_name):
    """Turn each callable setting into its value."""
    module = vars(sys.modules[module_name])
    module.update(
        {name: value(module) for name, value in module.items() if name.isupper() and callable(value)}
    )
