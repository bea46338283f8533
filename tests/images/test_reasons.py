"""A failed build is explained by what BuildKit wrote, in outputs of real builds kept beside this file."""

from __future__ import annotations

from pathlib import Path

import pytest

from openedx_infra.images import dockerfile, explain

OUTPUTS = Path(__file__).parent / "outputs"
UNREACHED = "registry.example.org:5000"
COMMIT = "0123456789" * 4

EXPECTED = {
    "requirement": (
        "requirements",
        "RUN sh /steps/install-extra-requirements",
        "Because no-such-package-of-openedx was not found in the package registry",
    ),
    "full-disk": ("assets", "COPY --from=node /usr/local /opt/node", "the disk of the builder is full"),
    "push": ("export", "push", "the registry of 127.0.0.1:1/openedx:dev cannot be reached"),
    "base-image": ("system", "load metadata for", "the registry of 127.0.0.1:1/base:1 cannot be reached"),
    "apt": ("production", "RUN test -z", "Debian has no package no-such-package"),
    "npm-absent": (
        "learning-modules",
        "RUN npm clean-install",
        "npm: its registry has no https://npm.example.org/@edx/frontend-lib-learning-assistant/-/"
        "frontend-lib-learning-assistant-2.23.1.tgz",
    ),
    "npm-script": (
        "profile-modules",
        "RUN npm clean-install",
        "npm: `node-gyp rebuild` in /openedx/app/node_modules/@pact-foundation/pact-core failed: "
        "sh: 1: node-gyp: Permission denied",
    ),
    "commit": ("edx-platform", "ADD git://", f"the repository has no commit {COMMIT}"),
    "no-repository": (
        "edx-platform",
        "ADD git://",
        f"there is no repository git://{UNREACHED}/openedx/nothing",
    ),
    "plugin-requirement": (
        "requirements",
        "RUN sh /steps/install-extra-requirements",
        "error: No solution found when resolving dependencies",
    ),
    "plugin-ref": (
        "edx-platform",
        "ADD ${REPOSITORY}#${REF} /",
        "the repository has no branch or tag release/nowhere",
    ),
}


def test_every_output_is_expected() -> None:
    assert {path.stem for path in OUTPUTS.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_one_sentence_names_image_stage_and_step(name: str) -> None:
    output = (OUTPUTS / f"{name}.txt").read_text(encoding="utf-8")
    found = explain("openedx", output, dockerfile("openedx"))
    assert found is not None
    stage, step, text = EXPECTED[name]
    assert found.stage == stage
    assert found.step.startswith(step)
    assert found.reason.text.startswith(text)
    first, *rest = str(found).splitlines()
    assert first == f"Image openedx: stage {stage}, step `{found.step}` failed: {found.reason.text}"
    assert rest == ([found.reason.remedy] if found.reason.remedy else [])


def test_what_is_unknown_is_told_in_its_own_words() -> None:
    ended = 'process "/bin/sh -c make it" did not complete successfully: exit code: 2'
    output = "\n".join(
        [
            "#7 [build 2/3] RUN --mount=type=cache,target=/c   make it",
            "#7 0.1 working",
            "#7 0.2 make: *** [Makefile:3: it] Error 4",
            f"#7 ERROR: {ended}",
            f"ERROR: failed to solve: {ended}",
        ]
    )
    assert str(explain("mfe", output)) == (
        "Image mfe: stage build, step `RUN make it` failed: make: *** [Makefile:3: it] Error 4"
    )


def test_of_two_that_run_at_once_the_one_that_failed_is_named() -> None:
    output = "\n".join(
        [
            "#7 [one 1/1] RUN sleep 10",
            "#8 [two 1/1] RUN exit 3",
            "#7 CANCELED",
            'error: failed to solve: process "/bin/sh -c exit 3" did not complete successfully: exit code: 3',
        ]
    )
    found = explain("mfe", output)
    assert found is not None and found.stage == "two"


def test_no_failure_is_no_failure() -> None:
    assert explain("openedx", "#1 [internal] load build definition\n#1 DONE 0.0s\n") is None


@pytest.mark.parametrize(
    "line",
    [
        "#4 [internal] load build context",
        "#5 [uv 1/1] FROM docker.io/library/uv:1@sha256:0123",
        "#6 [context patches] load from client",
    ],
)
def test_a_step_that_was_merely_at_work_is_not_blamed(line: str) -> None:
    """Seen on a busy machine: the plugin names no step that fetches, and others were still loading."""
    output = (OUTPUTS / "plugin-ref.txt").read_text(encoding="utf-8")
    busy = f"{line}\n{output}"
    found = explain("openedx", busy, dockerfile("openedx"))
    assert found is not None
    assert str(found).startswith("Image openedx: stage edx-platform, step `ADD ")
