"""Command-line arguments and printing; each verb is implemented in the room of its subject."""
