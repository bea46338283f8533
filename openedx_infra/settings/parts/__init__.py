"""Settings of parts of Open edX that run in the platform's own processes."""
