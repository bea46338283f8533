"""A stand-in for a MongoDB server: what a preflight asks it, and passwords as they really go.

Run by the system's Python, whose PyMongo reads and writes its messages. Told by a JSON file on its command
line: port, certificate, users by database and name, and what is unusual about it.
"""

import base64
import datetime
import hashlib
import hmac
import json
import os
import socketserver
import ssl
import struct
import sys
from pathlib import Path

import bson

TOLD = json.loads(Path(sys.argv[1]).read_text())
ROUNDS = 4096
WITHOUT_LOGIN = ("ismaster", "hello", "saslstart", "saslcontinue", "authenticate")


class Conversation(socketserver.StreamRequestHandler):
    """One connection: messages of OP_QUERY and OP_MSG, answered in kind."""

    user = None

    def handle(self):
        while header := self.rfile.read(16):
            length, number, _, code = struct.unpack("<iiii", header)
            body = self.rfile.read(length - 16)
            if code == 2004:
                flags = body.index(b"\0", 4) + 9
                answer = bson.BSON.encode(self.answer(bson.BSON(body[flags:]).decode()))
                self.send(number, 1, struct.pack("<iqii", 8, 0, 0, 1) + answer)
            else:
                # What a command deletes comes in a section of its own, after the command.
                size = int.from_bytes(body[5:9], "little")
                command = bson.BSON(body[5 : 5 + size]).decode()
                answer = bson.BSON.encode(self.answer(command, command["$db"]))
                self.send(number, 2013, b"\0\0\0\0\0" + answer)

    def send(self, number, code, body):
        self.wfile.write(struct.pack("<iiii", 16 + len(body), 1, number, code) + body)

    def answer(self, command, database="admin"):
        name = next(iter(command))
        reply = getattr(self, name.lower(), None)
        if reply is None:
            return {"ok": 0, "code": 59, "errmsg": f"no such command: {name}"}
        if self.user is None and name.lower() not in WITHOUT_LOGIN:
            return {"ok": 0, "code": 13, "errmsg": "command requires authentication"}
        return {"ok": 1, **reply(command, database)}

    def ismaster(self, command, database):
        found = {
            "ismaster": TOLD.get("primary", True),
            "maxBsonObjectSize": 2**24,
            "maxMessageSizeBytes": 48 * 10**6,
            "maxWriteBatchSize": 100_000,
            "localTime": datetime.datetime.utcnow(),
            "minWireVersion": 0,
            "maxWireVersion": 21,
            "logicalSessionTimeoutMinutes": 30,
            "saslSupportedMechs": ["SCRAM-SHA-256"],
        }
        if name := TOLD.get("set"):
            me = f"127.0.0.1:{TOLD['port']}"
            found |= {"setName": name, "hosts": [me], "me": me, "secondary": not found["ismaster"]}
        return found

    hello = ismaster

    def saslstart(self, command, database):
        self.first = command["payload"].decode().removeprefix("n,,")
        fields = dict(part.split("=", 1) for part in self.first.split(","))
        self.asked = (database, fields["n"])
        password = TOLD["users"].get(database, {}).get(fields["n"])
        if command["mechanism"] != "SCRAM-SHA-256":
            return {"ok": 0, "code": 334, "errmsg": f"Unsupported mechanism {command['mechanism']}"}
        if password is None:
            return refused()
        self.password, self.salt = password, os.urandom(28)
        nonce = fields["r"] + base64.b64encode(os.urandom(18)).decode()
        self.server = f"r={nonce},s={base64.b64encode(self.salt).decode()},i={ROUNDS}"
        return {"conversationId": 1, "done": False, "payload": self.server.encode()}

    def saslcontinue(self, command, database):
        payload = command["payload"].decode()
        if not payload:
            return {"conversationId": 1, "done": True, "payload": b""}
        bare, _, proof = payload.rpartition(",p=")
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), self.salt, ROUNDS)
        key = digest(salted, b"Client Key")
        said = ",".join([self.first, self.server, bare]).encode()
        signature = digest(hashlib.sha256(key).digest(), said)
        if base64.b64decode(proof) != bytes(a ^ b for a, b in zip(key, signature, strict=True)):
            return refused()
        self.user = self.asked
        verifier = base64.b64encode(digest(digest(salted, b"Server Key"), said)).decode()
        return {"conversationId": 1, "done": True, "payload": f"v={verifier}".encode()}

    def authenticate(self, command, database):
        assert (database, command["mechanism"]) == ("$external", "MONGODB-X509")
        if not TOLD.get("by_certificate"):
            return refused()
        self.user = ("$external", "CN=campus")
        return {"dbname": "$external", "user": "CN=campus"}

    def delete(self, command, database):
        if "txnNumber" in command and not TOLD.get("retries", True):
            return {"ok": 0, "code": 301, "errmsg": "Retryable writes are not supported"}
        return {"n": 0}

    def ping(self, command, database):
        return {}

    endsessions = ping

    def buildinfo(self, command, database):
        return {"version": TOLD.get("version", "7.0.39")}

    def connectionstatus(self, command, database):
        rights = TOLD.get(
            "rights", {"openedx": ["find", "insert", "update", "remove", "createCollection", "createIndex"]}
        )
        privileges = [
            {"resource": {"db": name, "collection": ""}, "actions": actions}
            for name, actions in rights.items()
        ]
        return {"authInfo": {"authenticatedUserPrivileges": privileges}}

    def find(self, command, database):
        if "collation" in command and not TOLD.get("collation", True):
            return {"ok": 0, "code": 303, "errmsg": "Option collation is not currently supported"}
        if not TOLD.get("reads", True):
            return {"ok": 0, "code": 13, "errmsg": f"not authorized on {database} to execute command"}
        return {"cursor": {"id": 0, "ns": f"{database}.{command['find']}", "firstBatch": []}}


def refused():
    return {"ok": 0, "code": 18, "errmsg": "Authentication failed."}


def digest(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def get_request(self):
        raw, address = super().get_request()
        if "certificate" in TOLD:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(TOLD["certificate"], TOLD["key"])
            if "clients" in TOLD:
                context.load_verify_locations(TOLD["clients"])
                context.verify_mode = ssl.CERT_REQUIRED
            raw = context.wrap_socket(raw, server_side=True)
        return raw, address


Server(("127.0.0.1", TOLD["port"]), Conversation).serve_forever()
