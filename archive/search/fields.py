"""The indexed fields of an article: its text fields, its labels, and the terms that represent them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from archive.article import Article
from archive.labels import LabelKind, label_key
from archive.search import analysis


@dataclass(frozen=True, slots=True)
class TextField:
    """A full-text field. Fields of names are not stemmed."""

    name: str
    stemmed: bool = True

    def terms_of(self, word: str, languages: Iterable[str]) -> tuple[str, ...]:
        """The terms that a word, as typed, may be indexed under in this field, in texts of these languages."""
        return analysis.terms_in(word, languages) if self.stemmed else (analysis.fold(word),)


TITLE: Final = TextField("title")
BODY: Final = TextField("body")
TEXT_FIELDS: Final = (
    TITLE,
    TextField("summary"),
    BODY,
    TextField("author", stemmed=False),
    TextField("tag"),
    TextField("section"),
)
FORM: Final = "form"  # one term for every folded, unstemmed word of an article, from all text fields
LABEL: Final = "label"  # one term for each spelling of each label: a LabelTerm
LANGUAGE: Final = "language"  # a kind of label beside LabelKind: key and name are the article's language tag
VALUE_GAP: Final = 100  # positions between two authors or tags, so that no phrase matches across them


class LabelTerm(NamedTuple):
    """The term of a label as an article spells it: kind, key and name, separated by NULs."""

    kind: str  # a LabelKind, or LANGUAGE
    key: str
    name: str

    @classmethod
    def parse(cls, term: str) -> LabelTerm:
        kind, key, name = term.split("\0")
        return cls(kind, key, name)

    @property
    def text(self) -> str:
        return "\0".join(self)

    @property
    def is_browsable(self) -> bool:
        """Whether it is a section, tag or author, which have pages, and not a language."""
        return self.kind in set(LabelKind)


@lru_cache(maxsize=1024)
def label_prefix(kind: str, name: str) -> str:
    """The common prefix of the terms of all spellings of a label."""
    return f"{kind}\0{label_key(name)}\0"


def text_fields(field: str | None) -> list[TextField]:
    """The text fields that a query's field searches; all of them for None."""
    return [known for known in TEXT_FIELDS if field in (None, known.name)]


def texts_of(article: Article) -> dict[str, tuple[str, ...]]:
    """The article's values for every text field."""
    return {
        "title": (article.title,),
        "summary": (article.summary or "",),
        "body": (article.text,),
        "author": tuple(author.name for author in article.authors),
        "tag": article.tags,
        "section": (article.section or "",),
    }


def labels_of(article: Article) -> Iterator[LabelTerm]:
    """The terms for an article's labels and its language."""
    for label, name in article.label_names():
        yield LabelTerm(str(label.kind), label.key, name.replace("\0", " "))
    tag = article.language.lower()
    yield LabelTerm(LANGUAGE, tag, tag)
