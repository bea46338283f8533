"""Where data lives. `sources.py` chooses who runs each datastore; every source returns a `Store`."""
