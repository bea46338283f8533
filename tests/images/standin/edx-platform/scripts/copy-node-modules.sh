#!/bin/sh
# Put what templates load by itself among the static files.
set -eu
mkdir -p common/static/common/js/vendor
cp node_modules/jquery/dist/jquery.js common/static/common/js/vendor
