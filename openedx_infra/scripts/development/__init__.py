"""What pods of a development instance run: the supervisor, the hook of Python, and what installs packages."""
