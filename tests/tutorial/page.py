# SPDX-License-Identifier: GPL-2.0-or-later
"""A page in Markdown whose blocks are a session: ```console holds commands, each after `# `, and
their output; ```ini NAME and ```python NAME are files that the reader saves."""

import re

FENCE = "```"
PROMPT, MORE = "# ", "> "  # MORE: a command goes on


class Command:
    def __init__(self, text):
        self.text = text
        self.shown = []  # the lines below it

    def lines(self):
        return [*(PROMPT + self.text).replace("\n", "\n" + MORE).split("\n"), *self.shown]


class Console:
    """A block of commands."""

    def __init__(self, start, lines):
        self.start = start  # the line of the page on which it begins
        self.commands = []
        for line in lines:
            if line.startswith(PROMPT):
                self.commands.append(Command(line[len(PROMPT):]))
            elif line.startswith(MORE) and not self.commands[-1].shown:
                self.commands[-1].text += "\n" + line[len(MORE):]
            else:
                self.commands[-1].shown.append(line)

    def lines(self):
        return [line for command in self.commands for line in command.lines()]


class File:
    """A block that is a file."""

    def __init__(self, name, lines):
        self.name, self.text = name, "".join(line + "\n" for line in lines)


class Page:
    def __init__(self, path):
        self.path = path
        self.parts = []  # lines of text, Console and File, in their order
        lines = iter(enumerate(path.read_text().split("\n"), 1))
        for number, line in lines:
            self.parts.append(line)
            kind = re.fullmatch(FENCE + r"(console|(?:ini|python) (\S+))", line)
            if not kind:
                continue
            inside = []
            for _, line in lines:
                if line == FENCE:
                    break
                inside.append(line)
            self.parts += [File(kind[2], inside) if kind[2] else Console(number, inside), line]

    def blocks(self):
        return [part for part in self.parts if not isinstance(part, str)]

    def write(self):
        lines = []
        for part in self.parts:
            if isinstance(part, Console):
                lines += part.lines()
            else:
                lines.append(part.text.rstrip("\n") if isinstance(part, File) else part)
        self.path.write_text("\n".join(lines))
