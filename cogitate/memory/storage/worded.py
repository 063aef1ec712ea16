"""The words of a store: BM25 scores from postings in memory that follow the file.

What this module does not know: how anything is written.
"""

from collections.abc import Collection
from pathlib import Path

from cogitate.memory.storage.lexical import Lexicon, Matches, Postings, postings_of
from cogitate.memory.storage.reading import StoredRecords, parts
from cogitate.memory.storage.schema import Durability
from cogitate.memory.storage.tables import Changes, Mark, Moment, marks

REPEATED = 5_000
"""More new records than this are not added to postings in memory; they are fetched again."""
WHOLE = 200_000
"""So many postings are read at once, in less than 0.1 s: 10,000 notes of 20 words."""
ANEW = 200
"""More new records than this, and they are read at once again."""
_JOINED = "group_concat(2 * doc + (col = 'text'))"
"""One string for each term: many small tuples take twice as long to make."""
POSTINGS = f"SELECT {_JOINED} FROM postings WHERE term = ?"
ALL_POSTINGS = f"SELECT term, {_JOINED} FROM postings GROUP BY term"


class StoredWords(StoredRecords):
    """Records, vectors and words in one SQLite file, to be read and searched by word."""

    def __init__(self, path: Path | str, durability: Durability = "normal") -> None:
        super().__init__(path, durability)
        self._lexicon = Lexicon(self._postings)
        self._lexicon_mark = Mark()
        self._lexicon_moment: Moment | None = None

    def lexical(self, query: str, limit: int = 300) -> Matches:
        """Return the BM25 scores of the rows that share words with the query, the best ones."""
        with self._snapshot():
            moment = self.moment()
            if moment != self._lexicon_moment:
                self._catch_up(self.changes_since(self._lexicon_mark))
                self._lexicon_moment = moment
            return self._lexicon.scores(query, limit)

    def _catch_up(self, news: Changes) -> None:
        if news.lost:
            self._lexicon = Lexicon(self._postings)
            news = self.changes_since(Mark())
        changed = [row for row, what in news.changed.items() if what & {"text", "gone"}]
        bounds = (news.since.row, news.mark.row)
        new = news.mark.row - news.since.row
        whole = self._lexicon.whole or not news.since.row
        with self.reading() as sql:
            if new > (ANEW if self._lexicon.whole else REPEATED) or changed or not news.since.row:
                self._lexicon.drop_postings()
                query = "SELECT row, size FROM access WHERE row > ? AND row <= ?"
                found = sql.execute(query, bounds).fetchall()
                self._lexicon.set_sizes([row for row, _ in found], [size for _, size in found])
                if whole and not changed and self._lexicon.total <= WHOLE:
                    self._lexicon.take_whole(dict(sql.execute(ALL_POSTINGS)))
            elif new:
                query = "SELECT rowid, text, context FROM lexical WHERE rowid > ? AND rowid <= ?"
                self._lexicon.add(sql.execute(f"{query} ORDER BY rowid", bounds))
                if self._lexicon.whole and self._lexicon.total > 2 * WHOLE:
                    self._lexicon.drop_postings()
        self._resize(changed)
        self._lexicon_mark = news.mark

    def _resize(self, changed: Collection[int]) -> None:
        for part in parts(list(changed)):
            with self.reading() as sql:
                query = f"SELECT row, size FROM access WHERE row IN ({marks(part)})"
                sizes = dict.fromkeys(part, 0.0) | dict(sql.execute(query, part).fetchall())
            self._lexicon.set_sizes(sizes, sizes.values())

    def _postings(self, term: str) -> Postings:
        found = self._connection.execute(POSTINGS, (term,)).fetchone()[0]
        return postings_of(found or "")
