"""What a run would change: keys, settings, images and sizes with old and new values, and what restarts."""
