# SPDX-License-Identifier: Apache-2.0
"""A web server on this machine for `devtest net`: a file, its sum, and uploads answered by theirs."""

import contextlib
import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST_SEEN_BY_GUEST = "10.0.2.2"  # by QEMU's user network: the loopback of this machine


class FileServer:
    """What it serves (`url`, `content`, `content_sum`), and what it got (`uploads`).

    upload_sum: its answer to uploads, instead of their sum.
    """

    def __init__(self, size):
        self.content = os.urandom(size)
        self.content_sum = sum_line(self.content)
        self.uploads = []
        self.upload_sum = None
        self.fetched = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://{HOST_SEEN_BY_GUEST}:{self._server.server_address[1]}/file"

    def start(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _handler(server):  # pylint: disable=no-self-argument
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/file":
                    server.fetched += 1
                    self._answer(server.content)
                elif self.path == "/file.sha256":
                    self._answer(server.content_sum)
                else:
                    self.send_error(404)

            def do_POST(self):
                got = self.rfile.read(int(self.headers["Content-Length"]))
                server.uploads.append(got)
                self._answer(server.upload_sum or sum_line(got))

            def _answer(self, body):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler


def sum_line(content):
    return hashlib.sha256(content).hexdigest().encode() + b"\n"


@contextlib.contextmanager
def serve(size):
    server = FileServer(size)
    server.start()
    try:
        yield server
    finally:
        server.stop()
