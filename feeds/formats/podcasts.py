"""Values that podcast directories accept (podcasters.apple.com/support/1691-apple-podcasts-categories)."""

from __future__ import annotations

# Other directories use the same names. Subcategories change more often and are not validated.
CATEGORIES = (
    "Arts",
    "Business",
    "Comedy",
    "Education",
    "Fiction",
    "Government",
    "Health & Fitness",
    "History",
    "Kids & Family",
    "Leisure",
    "Music",
    "News",
    "Religion & Spirituality",
    "Science",
    "Society & Culture",
    "Sports",
    "TV & Film",
    "Technology",
    "True Crime",
)
TYPES = ("episodic", "serial")  # `itunes:type`: newest episode first, or in order from the first episode


def category_path(text: str) -> tuple[str, ...]:
    """Category and subcategory, from `News > Daily News`."""
    return tuple(part.strip() for part in text.split(">"))
