"""Serves a micro-frontend from its source, by the development server that its own packages bring."""
