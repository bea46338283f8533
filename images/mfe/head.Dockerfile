# Micro-frontends, built side by side: each is stages of its own, so that a change of one builds that one.
#
# This file is put together from `head`, `mfe` for each micro-frontend, `site` and `tail`. What comes from outside
# is a stage of its own, so that a folder can take its place:
#     --build-context NAME-source=FOLDER    a checkout instead of the repository and its ref
#     --build-context NAME-patches=FOLDER   *.patch, applied in the order of their names
#     --build-context env-config=FOLDER     env.config.jsx for all of them: slots and plugins
#     --build-context site-source=FOLDER    the frontend-base site
# Lines `# fragment: NAME` are where an instance may add instructions of its own.

ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim
ARG NODE_IMAGE=docker.io/library/node:24.14.1-bookworm-slim
ARG CADDY_IMAGE=docker.io/library/caddy:2.11.7

FROM ${NODE_IMAGE} AS node
FROM scratch AS env-config

# Compilers, as some packages of micro-frontends have no binaries for every processor.
FROM ${BASE_IMAGE} AS build
ARG BUILD_APT_PACKAGES=""
RUN --mount=type=cache,id=openedx-apt-lists,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=cache,id=openedx-apt,target=/var/cache/apt,sharing=locked \
    apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
    build-essential ca-certificates git make pkg-config python3 ${BUILD_APT_PACKAGES}
COPY --from=node /usr/local /opt/node
WORKDIR /openedx/app
ENV PATH=/openedx/app/node_modules/.bin:/opt/node/bin:${PATH} PACT_SKIP_BINARY_INSTALL=true
# Unless it is false, frontend-build adds New Relic's agent to each page, which asks js-agent.newrelic.com. Who has
# an account sets it to true at the point `build`, beside NEW_RELIC_ACCOUNT_ID and the others.
ENV ENABLE_NEW_RELIC=false
# What authn and learner-dashboard miss aloud when they are loaded, before they ask the LMS for it, as their .env
# lacks it.
ENV CREDIT_PURCHASE_URL="" LOGO_URL="" SESSION_COOKIE_DOMAIN=""
# fragment: build
