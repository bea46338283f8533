"""Running Pulumi on a stack: session, events, progress, errors."""
