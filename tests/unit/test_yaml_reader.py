"""Whatever is wrong with a file's YAML is one sentence with its line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openedx_infra.config import ConfigError
from openedx_infra.operations.stack_files import stack_file, yaml_reader
from openedx_infra.operations.stack_files.yaml_reader import YamlProblem

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 9)
)


def problem(folder: Path, content: str | bytes) -> str:
    path = folder / "Pulumi.mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(YamlProblem) as caught:
        yaml_reader.load(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a: 1\nb: 2020-13-45\n", 'line 2, column 4: "2020-13-45" is no timestamp: put it in quotes'),
        ("a: +_\n", 'line 1, column 4: "+_" is no int: put it in quotes'),
        ("a: 0x_\n", '"0x_" is no int'),
        ("a: !!int a\n", '"a" is no int'),
        ("a: !!float a\n", '"a" is no float'),
        ("a: !!binary x\n", '"x" is no binary'),
        ("a: <<\n", '"<<" is no merge'),
        ("a: =\n", '"=" is no value'),
        (f"a: {'9' * 5000}\n", "line 1, column 4: a number of 5000 digits can't be passed on"),
        ("a: !mine b\n", "put text that begins with ! in quotes"),
        ("a: *b\n", "put text that begins with * in quotes"),
        ("a: b: c\n", "put text with a colon and a space in it in quotes"),
        ("a:\n\tb: c\n", "line 2, column 1: no valid YAML"),
        ("a:\n\tb: c\n", "indent by spaces, never by tabs"),
        ("a:\n    b: 1\n   c: 2\n", "line 3, column 4: no valid YAML"),
        ("a:\n    b: 1\n   c: 2\n", "keys of one map begin in one column"),
        ("a: 1\na: 2\n", "write everything under one of them"),
        ("a: [1\n", "no valid YAML"),
        (f"a: {'[' * 60}{']' * 60}\n", "line 1, column 53: more than 50 lists and maps stand within"),
        ("a: 1\nb: \0\n", "line 2: has a character that YAML forbids (#x0000)"),
        ("a: 1\nb: Schüle\n".encode("latin-1"), "line 2: is not UTF-8 (byte 0xfc): save the file as UTF-8"),
        ("a: 1\n".encode("utf-16"), "line 1: is not UTF-8"),
        (BOMB, "make 1,234,567,"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    text = problem(tmp_path, content)
    assert text.startswith("Pulumi.mine.yaml")
    assert sentence in text
    assert "\n" not in text


def test_thousands_of_brackets_end_soon(tmp_path: Path) -> None:
    """They held Python's own stack, and then the program, for a quarter of a minute."""
    begin = time.process_time()
    assert "more than 50" in problem(tmp_path, f"a: {'[' * 3000}{']' * 3000}\n")
    assert time.process_time() - begin < 10


def test_what_is_right_is_read(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.mine.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: &x [1, 0.5, true, null, 1:30, on]\nb: *x\nc: {<<: {d: 1}, e: 2}\n")
    assert yaml_reader.load(path) == {
        "a": [1, 0.5, True, None, "1:30", "on"],
        "b": [1, 0.5, True, None, "1:30", "on"],
        "c": {"d": 1, "e": 2},
    }


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_no_text_is_a_fault_of_the_program(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "Pulumi.mine.yaml"
    for content in (text, f"config:\n  openedx:site: {text}\n"):
        path.write_bytes(content.encode())
        try:
            yaml_reader.load(path)
        except YamlProblem as problem:
            assert str(problem).startswith("Pulumi.mine.yaml")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "config:\n  openedx:site:\n  lms_host: learn.example.org\n",
            "lms_host: stands beside `openedx:site`, which is empty: indent it, so that it stands within",
        ),
        ("config:\nopenedx:site: {}\n", "openedx:site: no key of a stack file: indent it under `config:`"),
        ("config:\n  site: {}\n", "site: nobody reads this key: write `openedx:site`"),
    ],
)
def test_a_wrong_indentation_is_named(tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "Pulumi.mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        stack_file.validated(stack_file.read("mine", path))
    assert line in str(caught.value)
