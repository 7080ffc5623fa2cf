"""A site in one file: its rows and pictures, taken while it runs, and put back into an empty site.

The file is a tar whose members stand in the order in which they were written:

    describer.json               {"archive": "describer", "format": 1, ...}: what this is, before anything else
    rows/<model>/000001.jsonl.gz one JSON object per row, keyed by column, under the ids that the rows have
    files/<name in storage>      originals, thumbnails and sent copies, as they are
    problems/000001.jsonl.gz     {"name", "problem"} of files that rows name and that were "gone" or had "changed"
    index/000001.jsonl.gz        {"name", "bytes", "sha256"} of each member before it that no index before it names
    manifest.json                counts, sums of the ledger, migrations, and the indexes with their hashes
    manifest.sha256              of manifest.json; the last member, so that a file that was cut has none

Rows and lists are written in parts of a few MiB, so that a million of them need no more memory than a thousand.
"""

from describer.ops.archive.backup import backup
from describer.ops.archive.checking import checked
from describer.ops.archive.errors import ArchiveError
from describer.ops.archive.manifest import Manifest
from describer.ops.archive.restore import Restored, restore

__all__ = ("ArchiveError", "Manifest", "Restored", "backup", "checked", "restore")
