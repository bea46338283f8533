"""What is in the MongoDB of tests of backups, and what a bad day does to it. Run by the system's Python:
`mongodb_content.py PORT USER fill|ruin|lose|show`, with the password on standard input."""

import hashlib
import json
import sys
from datetime import datetime

import bson
import pymongo
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

PORT, USER, VERB = sys.argv[1:]
PASSWORD = sys.stdin.read()
DATABASE = pymongo.MongoClient("127.0.0.1", int(PORT), username=USER, password=PASSWORD, authSource="admin")[
    "openedx"
]


def fill():
    for number in range(50):
        blocks = [{"id": i, "fields": {"x": None, "when": datetime(2026, 1, 2), "no": []}} for i in range(20)]
        found = {
            "_id": bson.ObjectId(f"{number:024x}"),
            "blocks": blocks,
            "real": 1.5,
            "text": "ü😀",
            "yes": True,
        }
        DATABASE["modulestore.structures"].insert_one({**found, "big": bson.Int64(2**40 + number)})
    pointers = DATABASE["modulestore.active_versions"]
    pointers.insert_one({"_id": 1, "org": "X", "versions": {"draft": bson.ObjectId("0" * 24)}})
    pointers.create_index([("org", 1), ("course", -1)], unique=True, name="ours")
    for number in range(40):
        data = hashlib.sha256(str(number).encode()).digest() * 8000
        DATABASE["fs.chunks"].insert_one({"_id": number, "files_id": "x", "n": number, "data": data})
    DATABASE["fs.files"].insert_one({"_id": "x", "length": 40 * 256_000})
    DATABASE.create_collection("empty")


def ruin():
    DATABASE["modulestore.structures"].delete_many({})
    DATABASE["fs.chunks"].update_one({"_id": 3}, {"$set": {"data": b"oops"}})
    DATABASE["of_later"].insert_one({"x": 1})
    DATABASE["modulestore.active_versions"].drop_index("ours")


def lose():
    for name in DATABASE.list_collection_names():
        DATABASE.drop_collection(name)


def show():
    raw = CodecOptions(document_class=RawBSONDocument)
    shown = {}
    for name in sorted(DATABASE.list_collection_names()):
        documents = DATABASE.get_collection(name, codec_options=raw).find()
        hashes = sorted(hashlib.sha256(each.raw).hexdigest() for each in documents)
        shown[name] = [hashes, sorted(map(str, DATABASE[name].index_information().items()))]
    print(json.dumps(shown))


{"fill": fill, "ruin": ruin, "lose": lose, "show": show}[VERB]()
