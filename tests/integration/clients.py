"""Applications of a target, which go on while it is copied to."""

from __future__ import annotations

import threading
from contextlib import closing


class Client(threading.Thread):
    """Never stops asking, as the applications of a target do; every answer and every error is kept."""

    def __init__(self, database, *queries, prepare=None):
        super().__init__()
        self.database, self.queries, self.prepare = database, queries, prepare
        self.seen, self.errors, self.stopped = set(), [], threading.Event()

    def run(self):
        with closing(self.database.connect()) as connection, connection.cursor() as cursor:
            if self.prepare:
                cursor.execute(self.prepare)
            while not self.stopped.is_set():
                for query in self.queries:
                    try:
                        cursor.execute(query)
                        self.seen.add(cursor.fetchone() if cursor.description else None)
                    except Exception as error:  # noqa: BLE001 - whatever it is, no client may see one
                        self.errors.append(error)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.join()
