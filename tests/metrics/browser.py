# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium with one page, controlled by the DevTools protocol over a pair of pipes."""

import base64
import json
import os
import select
import shutil
import subprocess
import time

from sandbox import Failure, until

PROGRAM = shutil.which("chromium")
PATIENCE = 60
# It runs as root, in the test's own namespaces, and sees no page but ours.
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-extensions", "--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe")
LISTENS_TO = ("Page", "Runtime", "Log", "Network", "Accessibility")


class Browser:
    def __init__(self, directory):
        self.directory = directory
        self.number, self.rest, self.events, self.session = 0, b"", [], None
        self.pretended = {}

    def __enter__(self):
        theirs_in, self.writer = os.pipe()
        self.reader, theirs_out = os.pipe()
        keep = {3: os.dup(theirs_in), 4: os.dup(theirs_out)}

        def arrange():
            for wanted, source in ((203, keep[3]), (204, keep[4])):
                os.dup2(source, wanted)
            os.dup2(203, 3)
            os.dup2(204, 4)
        with open(self.directory / "chromium.log", "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, *FLAGS, f"--user-data-dir={self.directory}/chromium", "about:blank"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=arrange,
                close_fds=False, start_new_session=True,
                env={**os.environ, "HOME": str(self.directory)})
        for end in (theirs_in, theirs_out, *keep.values()):
            os.close(end)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in LISTENS_TO:
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        self.session = None
        try:
            self.call("Browser.close")
            self.process.wait(20)
        except (Failure, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.reader)
        os.close(self.writer)

    def _receive(self, end):
        """The next message."""
        while b"\0" not in self.rest:
            if not select.select([self.reader], [], [], max(0, end - time.monotonic()))[0]:
                raise Failure("Chromium says nothing")
            data = os.read(self.reader, 1 << 20)
            if not data:
                log = (self.directory / "chromium.log").read_text(errors="replace")
                raise Failure(f"Chromium has ended: {log[-2000:]}")
            self.rest += data
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def _send(self, method, parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.writer, data):]

    def _answer(self, request):
        """Answers a request of the page as pretend() was told."""
        path = "/" + request["request"]["url"].split("/", 3)[3]
        self._send("Fetch.fulfillRequest", {
            "requestId": request["requestId"], "responseCode": 200,
            "responseHeaders": [{"name": "Content-Type", "value": "application/json"}],
            "body": base64.b64encode(self.pretended[path].encode()).decode()})

    def pretend(self, answers):
        """From now on, a request for one of these paths gets this text, and does not reach the server."""
        self.pretended = answers
        self.call("Fetch.enable" if answers else "Fetch.disable",
                  **({"patterns": [{"urlPattern": f"*{path}"} for path in answers]} if answers else {}))

    def call(self, method, **parameters):
        self._send(method, parameters)
        number = self.number
        end = time.monotonic() + PATIENCE
        while True:
            answer = self._receive(end)
            if answer.get("id") == number:
                break
            if answer.get("method") == "Fetch.requestPaused":
                self._answer(answer["params"])
            elif "method" in answer:
                self.events.append(answer)
        if "error" in answer:
            raise Failure(f"{method}: {answer['error']}")
        return answer["result"]

    def evaluate(self, script):
        """The value in the page of the script, which is an expression."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise Failure(f"{script}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def until(self, script, what, seconds=PATIENCE):
        return until(lambda: self.evaluate(script), what, seconds)

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'", url)

    def look(self, width, height, scheme, motion="no-preference"):
        """Sets the window's size and its owner's preferences."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion}])

    def press(self, key, code=0, shift=False):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode=code, modifiers=8 if shift else 0,
                      **({"text": "\r"} if key == "Enter" and kind == "keyDown" else {}))

    def screenshot(self, path, whole=True):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))

    def complaints(self):
        """What a console would show in red, and what the page was not allowed to do. If the
        exporter is busy for once, as it may be, that is not the page's complaint but the browser's
        own note."""
        found = []
        for event in self.events:
            values = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(values["exceptionDetails"])
            elif event["method"] == "Runtime.consoleAPICalled" and values["type"] in ("error", "warning"):
                found.append(values["args"])
            elif event["method"] == "Log.entryAdded" and values["entry"]["level"] != "info":
                found.append(values["entry"])
        return [one for one in found if "status of 503" not in str(one)]

    def requests(self):
        return [event["params"]["request"]["url"] for event in self.events
                if event["method"] == "Network.requestWillBeSent"]
