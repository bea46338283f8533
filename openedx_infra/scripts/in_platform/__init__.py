"""What verbs run in a container of the platform, by `manage.py shell`: each file is sent with its request."""
