
# The frontend-base site (OEP-65): apps that are npm packages, in one bundle.
FROM scratch AS site-source
{{files}}

FROM build AS site-modules
COPY --from=site-source /package.json /package-lock.jso[n] /.npmr[c] ./
RUN --mount=type=cache,id=openedx-npm-site,target=/root/.npm \
    --mount=type=secret,id=npmrc,target=/root/.npmrc \
    if [ -e package-lock.json ]; then npm clean-install --no-audit --no-fund; else npm install --no-audit --no-fund; fi
# fragment: site-modules

FROM site-modules AS site
COPY --from=site-source / ./
ENV NODE_ENV=production
# fragment: site
RUN npm run build && find dist -name '*.map' -delete && chmod -R a+rX,go-w dist
