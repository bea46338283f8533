"""Writes an archive as mongodump does, to standard output: courses, files of courses, discussions. Run by the
system's Python. Arguments: the database with courses, and the number of structures."""

import json
import sys

import bson

DATABASE, COUNT = sys.argv[1], int(sys.argv[2])
END = b"\xff\xff\xff\xff"
KEYS = {"org": {"$numberInt": "1"}, "course": {"$numberInt": "-1"}}
INDEX = {"v": {"$numberInt": "2"}, "key": KEYS, "name": "ours", "unique": True}
BLOCKS = [{"id": i, "no": []} for i in range(20)]
CONTENT = {
    (DATABASE, "modulestore.structures"): [
        {
            "_id": bson.ObjectId(f"{n:024x}"),
            "blocks": [{"id": i, "no": []} for i in range(20)],
            "text": "ü😀",
            "n": n,
        }
        for n in range(COUNT)
    ],
    (DATABASE, "modulestore.active_versions"): [
        {"_id": n, "org": "X", "course": str(n), "versions": {"published-branch": bson.ObjectId(f"{n:024x}")}}
        for n in range(5)
    ],
    (DATABASE, "fs.chunks"): [{"_id": n, "files_id": "x", "n": n, "data": bytes(1000)} for n in range(30)],
    (DATABASE, "empty"): [],
    ("cs_comments_service", "contents"): [{"_id": n, "body": f"discussion {n}"} for n in range(40)],
    ("admin", "system.version"): [{"_id": "featureCompatibilityVersion", "version": "7.0"}],
    ("unrelated", "things"): [{"_id": 1}],
}


def write(document: dict[str, object]) -> None:
    sys.stdout.buffer.write(bson.encode(document))


sys.stdout.buffer.write((0x8199E26D).to_bytes(4, "little"))
write({"concurrent_collections": 4, "version": "0.1", "server_version": "7.0.28", "tool_version": "100.10"})
for (database, collection), documents in CONTENT.items():
    indexes = [INDEX] if collection.endswith("active_versions") else []
    metadata = {"indexes": [{"v": 2, "key": {"_id": 1}, "name": "_id_"}, *indexes], "type": "collection"}
    about = {"metadata": json.dumps(metadata), "size": len(documents), "type": "collection"}
    write({"db": database, "collection": collection, **about})
sys.stdout.buffer.write(END)
# mongodump writes several collections at once, in blocks that take turns.
for start in range(0, COUNT + 1, 16):
    for (database, collection), documents in CONTENT.items():
        if part := documents[start : start + 16]:
            write({"db": database, "collection": collection, "EOF": False, "CRC": 0})
            for document in part:
                write(document)
            sys.stdout.buffer.write(END)
for database, collection in CONTENT:
    write({"db": database, "collection": collection, "EOF": True, "CRC": 0})
    sys.stdout.buffer.write(END)
