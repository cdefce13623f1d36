# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests of `replay` build on."""

import json
import os
import pathlib
import shutil
import tempfile

from guarded import EDGEXDP, NOBODY, Base


class Replay(Base):
    """As an unprivileged user, whoever runs the test."""

    POLICY = ""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.prefix = NOBODY if os.geteuid() == 0 else ()
        self.program = shutil.copy(EDGEXDP, self.folder)
        os.chmod(self.folder, 0o755)
        self.policy = self.file("web.ini", self.POLICY.encode())

    def call(self, *arguments, **options):
        return super().call(*arguments, prefix=self.prefix, cwd=self.folder, **options)

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def replay(self, content, *options, policy=None):
        """The result of `replay --json` for a capture."""
        capture = self.file("capture", content)
        return json.loads(self.succeeds("replay", "--json", *options, policy or self.policy, capture))

    @staticmethod
    def rules(shown):
        """Packets and replies by rule."""
        return {r["name"]: (r["packets"], r["reply_packets"]) for r in shown["rules"]}

    @staticmethod
    def reasons(shown):
        return {(r["name"], r["direction"], r["verdict"]): r["packets"] for r in shown["reasons"] if r["packets"]}
