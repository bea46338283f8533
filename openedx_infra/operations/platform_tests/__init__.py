"""Running edx-platform's own tests in the cluster."""
