"""What Caddy serves: micro-frontends and static files."""
