"""Language tags (BCP 47) for `xml:lang`, RSS and JSON Feed."""

from __future__ import annotations

import re

# ISO 639-1. Any other two-letter code is a typing error. The thousands of three-letter codes are not checked.
_TWO_LETTERS = frozenset(
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee "
    "el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it "
    "iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my "
    "na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm "
    "sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh "
    "zu".split()
)

# RFC 5646 §2.1 without irregular grandfathered tags. No language subtag of four to eight letters was ever registered.
_TAG = re.compile(
    r"""(?P<language>[a-z]{2,3})(?:-[a-z]{3}){0,3}
        (?:-[a-z]{4})?
        (?:-(?:[a-z]{2}|\d{3}))?
        (?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*
        (?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*
        (?:-x(?:-[a-z\d]{1,8})+)?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


def language_tag(language: str) -> str | None:
    """The tag, with hyphens for underscores; None if it is invalid: no language is better than a wrong one."""
    tag = language.replace("_", "-")
    found = _TAG.fullmatch(tag)
    if not found:
        return None
    code = found["language"].lower()
    return tag if len(code) == 3 or code in _TWO_LETTERS else None
