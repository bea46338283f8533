#!/bin/sh
# Runs checks of edx-platform's source in its own image, by their names: all of them, whatever fails.
# What a release's source hasn't got is left out, and named. Exit code 1: some failed; 5: none ran.
set -u
unset DJANGO_SETTINGS_MODULE SERVICE_VARIANT || true
cd /openedx/edx-platform
failed="" absent="" ran=""

target() { grep -q "^$1:" Makefile 2>/dev/null; }
script() { grep -q "^ *\"$1\":" package.json 2>/dev/null; }
program() { command -v "$1" >/dev/null 2>&1; }

# Where the platform's Makefile has the check, it is that; else the program, where the image has it.
pycodestyle_() { if target pycodestyle; then make pycodestyle; else pycodestyle .; fi; }
pylint_() {
    code=0
    pylint --django-settings-module=lms.envs.test common lms openedx xmodule || code=1
    pylint --django-settings-module=cms.envs.test cms || code=1
    return $code
}
imports_() { lint-imports; }
xss_() { make xsslint; }
pii_() { make pii_check; }
keywords_() { make check_keywords; }
eslint_() { if script lint; then npm run lint; else eslint --ext .js,.jsx cms common lms openedx xmodule; fi; }
stylelint_() { stylelint '**/*.scss'; }
jest_() { npm run test-jest; }
karma_() { npm run test-karma; }

# Why a check can't run here, or nothing.
lacking() {
    case "$1" in
    pycodestyle | pylint) program "$1" || echo "the image has no $1: it needs the target development" ;;
    imports) program lint-imports || echo "the image has no lint-imports" ;;
    xss) target xsslint || echo "the Makefile has no target xsslint" ;;
    pii) target pii_check || echo "the Makefile has no target pii_check" ;;
    keywords) target check_keywords || echo "the Makefile has no target check_keywords" ;;
    eslint) script lint || { program eslint && [ -n "$(ls .eslintrc* 2>/dev/null)" ]; } ||
        echo "package.json has no script lint, and there is no eslint with a configuration" ;;
    stylelint) { program stylelint && [ -n "$(ls .stylelintrc* stylelint.config.js 2>/dev/null)" ]; } ||
        echo "there is no stylelint with a configuration" ;;
    jest) script test-jest || echo "package.json has no script test-jest" ;;
    karma) if ! script test-karma; then
        echo "package.json has no script test-karma"
    elif ! program firefox; then
        echo "the image has no firefox: add firefox-esr and xvfb to openedx:images.openedx.build_apt_packages"
    fi ;;
    esac
}

for check in "$@"; do
    why=$(lacking "$check")
    if [ -n "$why" ]; then
        absent="$absent $check"
        echo "== $check: left out: $why"
        continue
    fi
    ran="$ran $check"
    echo "== $check"
    "${check}_" || failed="$failed $check"
done
[ -z "$absent" ] || echo "Left out:$absent"
if [ -n "$failed" ]; then
    echo "Failed:$failed"
elif [ -n "$ran" ]; then
    echo "Good:$ran"
fi
touch /openedx/reports/done
[ -n "$ran" ] || exit 5
[ -z "$failed" ]
