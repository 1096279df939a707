#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""liar.py DIRECTORY LOG PORT_FILE LIE [CERTIFICATE KEY]

Serves a directory that `dkms push --to dir:` made, on a loopback port of the system's choice, as a registry
does, but for one lie. LOG gets a line for each request: method, path, and what it brought to be let in. The
port is written to PORT_FILE.
"""
import http.server
import json
import os
import socketserver
import ssl
import sys
import threading
import time

directory, log_file, port_file, lie = sys.argv[1:5]
argument = ''
if ':' in lie:
    lie, argument = lie.split(':', 1)
MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
counts = {}


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def record(self):
        given = self.headers.get('Authorization', '-').split(' ')[0]
        with open(log_file, 'a', encoding='utf-8') as log:
            log.write(f'{self.command} {self.path} {given}\n')

    def answer(self, status, body=b'', type_='application/octet-stream', headers=(), length=None):
        self.send_response(status)
        self.send_header('Content-Type', type_)
        self.send_header('Content-Length', str(len(body) if length is None else length))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)
        if length is not None and length != len(body):
            self.close_connection = True

    def kind(self):
        for kind in ('manifests', 'blobs', 'tags'):
            if f'/{kind}/' in self.path:
                return kind
        return 'other'

    def do_GET(self):
        self.record()
        counts[self.kind()] = counts.get(self.kind(), 0) + 1
        if self.path.startswith('/token'):
            self.answer(200, json.dumps({'token': 'good'}).encode(), 'application/json')
            return
        if (lies.get(lie) or Handler.nothing)(self):
            return
        self.honest()

    do_HEAD = do_GET

    def nothing(self):
        return False

    def content(self):
        path = os.path.normpath(directory + self.path.split('?')[0])
        if not path.startswith(directory + '/') or not os.path.isfile(path):
            return None
        with open(path, 'rb') as file:
            return file.read()

    def honest(self):
        body = self.content()
        if self.path == '/v2/':
            self.answer(200, b'{}', 'application/json')
        elif body is None:
            self.answer(404)
        else:
            self.answer(200, body, MANIFEST if self.kind() == 'manifests' else 'application/octet-stream')

    # The lies. Each returns True if it has answered.

    def status(self):
        self.answer(int(argument), b'{"errors":[]}', 'application/json')
        return True

    def blob_status(self):
        return self.kind() == 'blobs' and self.status()

    def busy_once(self):
        if counts['blobs' if 'blobs' in counts else self.kind()] == 1 and self.kind() == 'blobs':
            self.answer(int(argument), headers=[('Retry-After', '1')])
            return True
        return False

    def page(self):
        if self.kind() != argument:
            return False
        self.answer(200, b'<html>Please log in</html>', 'text/html; charset=utf-8')
        return True

    def broken(self):
        if self.kind() != 'blobs':
            return False
        body = self.content()
        self.answer(200, body[:len(body) // 2], length=len(body))
        return True

    def broken_once(self):
        return self.kind() == 'blobs' and counts['blobs'] == 1 and self.broken()

    def short(self):
        if self.kind() != 'blobs':
            return False
        self.answer(200, self.content()[:-1])
        return True

    # In the middle of the first module.
    def pausing(self):
        if self.kind() != 'blobs' or counts['blobs'] != 3:
            return False
        body = self.content()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body[:len(body) // 2])
        time.sleep(2)
        self.wfile.write(body[len(body) // 2:])
        return True

    def long(self):
        if self.kind() != 'blobs':
            return False
        self.answer(200, self.content() + b'x')
        return True

    def changed(self):
        if self.kind() != 'blobs':
            return False
        body = bytearray(self.content())
        body[len(body) // 2] ^= 1
        self.answer(200, bytes(body))
        return True

    def huge(self):
        if self.kind() != argument:
            return False
        body = self.content()
        self.answer(200, body, MANIFEST, length=10 ** 15)
        return True

    def endless(self):
        if self.kind() != argument:
            return False
        self.send_response(200)
        self.send_header('Content-Type', MANIFEST)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b' ' * 65536)
        except OSError:
            pass
        self.close_connection = True
        return True

    def silent(self):
        time.sleep(120)
        return True

    def dripping(self):
        if self.kind() != argument:
            return False
        body = self.content()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        try:
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(1)
        except OSError:
            pass
        return True

    def manifest_is(self):
        if self.kind() != 'manifests':
            return False
        with open(argument, 'rb') as file:
            self.answer(200, file.read(), MANIFEST)
        return True

    def digest_is_another(self):
        if self.kind() != 'manifests' or 'sha256:' not in self.path:
            return False
        body = self.content().replace(b'"schemaVersion"', b' "schemaVersion"')
        self.answer(200, body, MANIFEST)
        return True

    def redirect(self):
        if self.kind() != 'blobs':
            return False
        self.answer(307, headers=[('Location', argument.replace('PATH', self.path))])
        return True

    def strange_tags(self):
        if self.kind() != 'tags':
            return False
        tags = ['../../etc/passwd', 'a\r\nX-Evil: 1', '', '.', 'x' * 500, 'a b', 'sha256:../x']
        self.answer(200, json.dumps({'tags': tags + json.loads(self.content())['tags']}).encode())
        return True

    def endless_pages(self):
        if self.kind() != 'tags':
            return False
        self.answer(200, b'{"tags":[]}', headers=[('Link', f'<{argument}>; rel="next"')])
        return True

    def bearer(self):
        realm = argument or f'{scheme}://{self.headers["Host"]}/token'
        if self.headers.get('Authorization') == 'Bearer good':
            return False
        if self.headers.get('Authorization'):
            self.answer(403)
            return True
        self.answer(401, headers=[('WWW-Authenticate', f'Bearer realm="{realm}",service="lab"')])
        return True

    def bearer_redirect(self):
        global argument
        target, argument = argument, ''
        if self.bearer():
            argument = target
            return True
        argument = target
        return self.redirect()

    def basic(self):
        if self.headers.get('Authorization', '').startswith('Basic '):
            return bool(argument) and self.redirect()
        self.answer(401, headers=[('WWW-Authenticate', 'Basic realm="lab"')])
        return True


lies = {name.replace('_', '-'): value for name, value in vars(Handler).items() if callable(value)}
server = Server(('127.0.0.1', 0), Handler)
scheme = 'http'
if len(sys.argv) > 5:
    scheme = 'https'
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[5], sys.argv[6])
    server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(port_file + '.new', 'w', encoding='utf-8') as file:
    file.write(str(server.server_address[1]))
os.rename(port_file + '.new', port_file)
threading.Event().wait()
