"""Running Pulumi: up, preview and destroy, with progress and errors for people."""
