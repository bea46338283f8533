"""Configuration of the web servers: uWSGI of LMS and Studio, and Caddy of everything that is files."""
