"""How visitors reach the site: public hosts, ingress controllers, TLS, the maintenance page."""
