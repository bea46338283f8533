"""Settings with which the image is built: enough for what needs no datastore, and no secret."""
