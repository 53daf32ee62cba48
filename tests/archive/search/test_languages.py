"""Articles in many languages, found by the words that people type."""

from __future__ import annotations

import unicodedata

import pytest

from archive.search.index import SearchQuery
from archive.search.snippets import highlight
from archive.search.whoosh.index import WhooshIndex
from tests.support.builders import a_stored_article

SENTENCES = {
    "en": "The government is lowering duties on imported cars.",
    "de": "Die Regierung senkte die Zölle auf Weizenausfuhren.",
    "fr": "Les exportations françaises de blé ont augmenté.",
    "ru": "Экспорт пшеницы вырос в марте.",
    "zh": "今年小麦出口增加了百分之五。",
    "ja": "東京の市場で輸出が増えました。",
    "ko": "한국어를 배우는 학생이 늘었다.",
    "th": "ราคาข้าวสาลีเพิ่มขึ้นในเดือนมีนาคม",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> WhooshIndex:
    index = WhooshIndex(tmp_path_factory.mktemp("languages") / "search")
    index.clear()
    index.apply(
        [a_stored_article(id=language, title=text, language=language) for language, text in SENTENCES.items()],
        position=1,
    )
    return index


@pytest.mark.parametrize(
    ("text", "language", "marked"),
    [
        ("lowered", "en", ["lowering"]),
        ("car imports", "en", ["imported", "cars"]),
        ("Regierungen", "de", ["Regierung"]),
        ("zölle", "de", ["Zölle"]),
        ("zolle", "de", ["Zölle"]),
        ("WEIZENAUSFUHR", "de", ["Weizenausfuhren"]),
        ("exportation", "fr", ["exportations"]),
        ("francais", "fr", ["françaises"]),
        ("ble", "fr", ["blé"]),
        ("augmentées", "fr", ["augmenté"]),
        ("пшеница", "ru", ["пшеницы"]),
        ("ПШЕНИЦУ экспорта", "ru", ["Экспорт", "пшеницы"]),
        ("март", "ru", ["марте"]),
        ("пшиницами~", "ru", ["пшеницы"]),  # one typing error in the stem
        ("小麦", "zh", ["小麦"]),
        ("出口", "zh", ["出口"]),
        ("小麦出口", "zh", ["小麦出口"]),
        ("輸出", "ja", ["輸出"]),
        ("東京", "ja", ["東京"]),
        ("増えた", "ja", ["増え"]),
        ("한국어", "ko", ["한국어"]),
        ("한국", "ko", ["한국"]),
        ("학생", "ko", ["학생"]),
        ("학생은", "ko", ["학생"]),
        ("+한국어 +학생", "ko", ["한국어", "학생"]),
        ("ข้าวสาลี", "th", ["ข้าวสาลี"]),
        ("ราคา", "th", ["ราคา", "าค"]),  # any two adjacent characters
        ("มีนาคม", "th", ["าค", "มีนาคม"]),
    ],
)
def test_a_sentence_is_found_and_marked(index: WhooshIndex, text: str, language: str, marked: list[str]) -> None:
    results = index.search(SearchQuery(text=text))
    assert [hit.id for hit in results.hits] == [language]
    shown = highlight(results.searched, SENTENCES[language], language=language, languages=results.languages)
    assert [piece.partition("</mark>")[0] for piece in shown.split("<mark>")[1:]] == marked
    decomposed = index.search(SearchQuery(text=unicodedata.normalize("NFD", text)))
    assert [hit.id for hit in decomposed.hits] == [language]


@pytest.mark.parametrize("text", ["어국", "麦小", "都市", "пшен", "Weizen", "ดร"])
def test_similar_looking_words_are_not_found(index: WhooshIndex, text: str) -> None:
    assert index.search(SearchQuery(text=text)).total == 0


@pytest.mark.parametrize(("text", "language"), [("regier", "de"), ("пшен", "ru"), ("小麦", "zh"), ("한국", "ko")])
def test_a_title_is_suggested_by_its_beginnings(index: WhooshIndex, text: str, language: str) -> None:
    assert index.suggest(text).articles == (language,)
