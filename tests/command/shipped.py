# SPDX-License-Identifier: GPL-2.0-or-later
"""The shipped policies, and how an administrator fills them in."""

import pathlib
import re

POLICIES = pathlib.Path(__file__).resolve().parent.parent.parent / "policies"
ADMIN = ("192.0.2.20", "2001:db8:1::20")


def filled_in(text):
    """A shipped policy with `admins` filled in, and with the expectation that waits for that."""
    text = re.sub(r"(?m)^admins =$", f"admins = {', '.join(ADMIN)}", text)
    return re.sub(r"(?m)^;admin ", "admin ", text)
