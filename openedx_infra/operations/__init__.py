"""Verbs on a stack: what `openedx-infra` and the `pulumi` wrapper do. Nothing here declares a resource."""
