
FROM scratch AS {{name}}-source
ADD {{repository}}#{{ref}} /
FROM scratch AS {{name}}-patches

FROM build AS {{name}}-modules
COPY --from={{name}}-source /package.json /package-lock.json /.npmr[c] ./
RUN --mount=type=cache,id=openedx-npm-{{name}},target=/root/.npm \
    --mount=type=secret,id=npmrc,target=/root/.npmrc \
    npm clean-install --no-audit --no-fund
# fragment: {{name}}-modules

FROM {{name}}-modules AS {{name}}
COPY --from={{name}}-source / ./
RUN --mount=type=bind,from={{name}}-patches,target=/run/patches \
    --mount=type=bind,source=steps/apply-patches,target=/steps/apply-patches \
    sh /steps/apply-patches
ARG ATLAS_REPOSITORY=openedx/openedx-translations
ARG ATLAS_REVISION={{ref}}
ARG GIT_HOST=https://github.com/
RUN --mount=type=bind,source=steps/translate,target=/steps/translate sh /steps/translate
ENV APP_ID={{name}} PUBLIC_PATH=/{{name}}/ MFE_CONFIG_API_URL=/api/mfe_config/v1 NODE_ENV=production
# fragment: {{name}}
RUN --mount=type=cache,id=openedx-webpack-{{name}},target=/cache,sharing=locked \
    --mount=type=bind,from=env-config,target=/run/env-config \
    --mount=type=bind,source=steps/build,target=/steps/build \
    --mount=type=bind,source=steps/webpack.cached.config.js,target=/steps/webpack.cached.config.js \
    sh /steps/build
