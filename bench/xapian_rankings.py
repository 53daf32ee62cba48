"""Xapian's answers, by the Python that Debian builds its bindings for: JSON in, JSON out (bench/rankings.py)."""

import json
import sys

import xapian


def main() -> None:
    asked = json.load(sys.stdin)
    stemmer = xapian.Stem("english")
    database = xapian.WritableDatabase("", xapian.DB_BACKEND_INMEMORY)
    terms = xapian.TermGenerator()
    terms.set_stemmer(stemmer)
    for name, fields in asked["documents"]:
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
    for name, text in asked["questions"].items():
        enquire.set_query(parser.parse_query(text))
        found[name] = [match.document.get_data().decode() for match in enquire.get_mset(0, asked["depth"])]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
