"""An archive taken apart, and put together again so that every hash is right: what is wrong with it is what was done to it."""

import gzip
import hashlib
import io
import json
import tarfile


class Taken:
    """`members` are names and contents without the lists of hashes; `manifest` is written last, as it is then."""

    def __init__(self, data):
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            whole = [(info.name, tar.extractfile(info).read()) for info in tar]
        self.manifest = json.loads(dict(whole)["manifest.json"])
        self.members = [(name, data) for name, data in whole if not name.startswith(("index/", "manifest."))]
        self.infos = {}  # a member's name -> what is done to its head
        self.raw = b""  # bytes in the place of the members, the lists of hashes and all that follows

    def name_of(self, label):
        return next(name for name, _ in self.members if name.startswith(f"rows/{label}/"))

    def rows(self, label):
        return [
            json.loads(line) for line in gzip.decompress(dict(self.members)[self.name_of(label)]).splitlines()
        ]

    def put(self, name, data):
        """In the place of a member, or after all."""
        names = [one for one, _ in self.members]
        if name in names:
            self.members[names.index(name)] = (name, data)
        else:
            self.members.append((name, data))

    def put_lines(self, name, text):
        self.put(name, gzip.compress(text))

    def put_rows(self, label, rows):
        self.put_lines(self.name_of(label), b"".join(json.dumps(row).encode() + b"\n" for row in rows))

    def change(self, label, **values):
        """In the first row of a model."""
        rows = self.rows(label)
        rows[0] |= values
        self.put_rows(label, rows)

    def write(self, path):
        entries = [{"name": name, "bytes": len(data), "sha256": sha(data)} for name, data in self.members]
        index = gzip.compress(b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
        manifest = self.manifest
        if isinstance(manifest, dict):
            manifest = manifest | {
                "indexes": manifest.get("indexes") and {"index/000001.jsonl.gz": sha(index)}
            }
        text = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
        seal = f"{sha(text)}  manifest.json\n".encode()
        ends = [("index/000001.jsonl.gz", index), ("manifest.json", text), ("manifest.sha256", seal)]
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
            for name, data in self.members + ends:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                if name in self.infos:
                    self.infos[name](info)
                tar.addfile(info, io.BytesIO(data) if info.isreg() else None)
        return path


def sha(data):
    return hashlib.sha256(data).hexdigest()
