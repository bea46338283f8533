"""Files by which editors know a development instance: debuggers, commands, a container to open in."""
