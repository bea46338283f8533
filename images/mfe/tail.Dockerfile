
FROM ${CADDY_IMAGE} AS production
{{copies}}
COPY --link Caddyfile /etc/caddy/Caddyfile
ENV HOME=/tmp XDG_CONFIG_HOME=/tmp XDG_DATA_HOME=/tmp
# fragment: production
USER 10001:0
EXPOSE 8002
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
