"""A process that writes to a memory and says of each record when it is kept.

Run as `python writer.py PATH TAG COUNT BATCH`; a line of output is one acknowledged record.
"""

import sys

import numpy as np

from cogitate.memory.records import Note
from cogitate.memory.storage.store import Store


def main() -> None:
    path, tag, count, batch = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    store = Store(path)
    store.use_embedder("numbers", 8)
    for begin in range(0, count, batch):
        texts = [f"{tag} saw event {n}" for n in range(begin, min(begin + batch, count))]
        vectors = np.eye(8, dtype=np.float32)[[len(text) % 8 for text in texts]]
        for record in store.add([Note(text=text) for text in texts], vectors):
            sys.stdout.write(f"{record.id} {record.text}\n")
        sys.stdout.flush()
        if begin % (20 * batch) == 0:
            store.touch([record.row], 2e9)
    store.close()


if __name__ == "__main__":
    main()
