"""A page in a real Chromium, driven over its debugging protocol: look, wait, take a picture."""

import base64
import json
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from websocket import create_connection

PATIENCE = 120
"""Seconds until something that should appear is given up: a limit, not a measurement."""


class Page:
    """One page, in a browser of its own.

    Args:
        until_up: A port on which something must answer before the page is opened.
    """

    def __init__(self, chromium: str, address: str, profile: Path, *, until_up: int = 0) -> None:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
        flags += ["--remote-allow-origins=*", "--window-size=1200,1000"]
        self._process = subprocess.Popen(
            [chromium, *flags, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._number = 0
        self._socket: Any = None
        try:
            told = profile / "DevToolsActivePort"
            self._until(lambda: told.is_file() and told.read_text().count("\n"), "Chromium")
            port = told.read_text().splitlines()[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
                pages = [one for one in json.load(answer) if one["type"] == "page"]
            self._socket = create_connection(pages[0]["webSocketDebuggerUrl"], timeout=PATIENCE)
            self.send("Page.enable")
            self.send("Emulation.setFocusEmulationEnabled", enabled=True)
            if until_up:
                self._until(lambda: _answers(until_up), f"a server at port {until_up}")
            self.send("Page.navigate", url=address)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Page":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol; its result."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._number:
                return answer.get("result", {})

    def run(self, script: str) -> Any:
        """Evaluate JavaScript in the page."""
        told = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        return told.get("result", {}).get("value")

    def wait(self, script: str) -> Any:
        """Wait until JavaScript gives something true."""
        return self._until(lambda: self.run(script), script)

    def text(self) -> str:
        """What can be read on the page."""
        return str(self.run("document.body.innerText"))

    def picture(self, path: Path) -> None:
        """Save what is seen."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        """End the browser."""
        if self._socket is not None:
            self._socket.close()
        self._process.kill()
        self._process.wait()

    def _until(self, found: Any, what: str) -> Any:
        end = time.monotonic() + PATIENCE
        while not (value := found()):
            if time.monotonic() > end or self._process.poll() is not None:
                seen = self.text()[:2000] if self._socket is not None else ""
                raise AssertionError(f"waited in vain for {what}; the page says:\n{seen}")
            time.sleep(0.3)
        return value


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
