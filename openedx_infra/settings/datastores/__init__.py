"""Settings of MySQL, MongoDB, caches, search and uploaded files, from their connections."""
