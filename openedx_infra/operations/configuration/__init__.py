"""Reading and changing the configuration of a stack, key by key."""
