"""Run configurations of PyCharm: verbs of this program, in PyCharm's terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

from openedx_infra.operations.development.editors.workspace import OURS, Workspace, write

VERBS: Mapping[str, str] = {
    "logs of the LMS": "dev logs lms --follow",
    "Django's shell of the LMS": "dev shell lms",
    "debug the LMS": "dev debug lms",
    "debug Studio": "dev debug studio",
}
"""What they do, and by which verb."""
_FILE = """\
<component name="ProjectRunConfigurationManager">
  <configuration default="false" name={name} type="ShConfigurationType">
    <option name="SCRIPT_TEXT" value={command} />
    <option name="INDEPENDENT_SCRIPT_PATH" value="true" />
    <option name="SCRIPT_PATH" value="" />
    <option name="SCRIPT_OPTIONS" value="" />
    <option name="INDEPENDENT_SCRIPT_WORKING_DIRECTORY" value="true" />
    <option name="SCRIPT_WORKING_DIRECTORY" value="$PROJECT_DIR$" />
    <option name="INDEPENDENT_INTERPRETER_PATH" value="true" />
    <option name="INTERPRETER_PATH" value="/bin/sh" />
    <option name="INTERPRETER_OPTIONS" value="" />
    <option name="EXECUTE_IN_TERMINAL" value="true" />
    <option name="EXECUTE_SCRIPT_FILE" value="false" />
    <envs />
    <method v="2" />
  </configuration>
</component>
"""


def run_configurations(place: Workspace) -> list[tuple[Path, bool]]:
    """Write a file for each in `.idea/runConfigurations`. Returns the files, and whether they were changed:
    files of the same name are this program's."""
    program = Path(sys.executable).with_name("openedx-infra")
    found = []
    for title, verb in VERBS.items():
        name = f"{OURS}{place.stack}: {title}"
        text = _FILE.format(
            name=quoteattr(name), command=quoteattr(f"'{program}' {verb} --stack {place.stack}")
        )
        file = place.folder / ".idea" / "runConfigurations" / f"{re.sub('[^A-Za-z0-9]+', '_', name)}.xml"
        changed = not file.exists() or file.read_text(encoding="utf-8") != text
        if changed:
            write(file, text)
        found.append((file, changed))
    return found
