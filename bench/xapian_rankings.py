"""Xapian's rankings, run by Debian's Python, which has its bindings: JSON in, JSON out (bench/rankings.py)."""

import json
import sys

import xapian


def main() -> None:
    request = json.load(sys.stdin)
    stemmer = xapian.Stem("english")
    database = xapian.WritableDatabase("", xapian.DB_BACKEND_INMEMORY)
    terms = xapian.TermGenerator()
    terms.set_stemmer(stemmer)
    for name, fields in request["documents"]:
        document = xapian.Document()
        document.set_data(name)
        terms.set_document(document)
        terms.set_termpos(0)
        for field in fields:
            terms.index_text(field)
            terms.increase_termpos()
        database.add_document(document)
    parser = xapian.QueryParser()
    parser.set_stemmer(stemmer)
    parser.set_stemming_strategy(xapian.QueryParser.STEM_SOME)
    parser.set_database(database)
    enquire = xapian.Enquire(database)
    found = {}
    for name, text in request["questions"].items():
        enquire.set_query(parser.parse_query(text))
        found[name] = [match.document.get_data().decode() for match in enquire.get_mset(0, request["depth"])]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
