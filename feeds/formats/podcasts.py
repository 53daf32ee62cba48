"""What podcast directories let a feed say of itself (podcasters.apple.com/support/1691-apple-podcasts-categories)."""

from __future__ import annotations

# The others read the same names. Each has subcategories, which change more often and are taken as they are given.
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
TYPES = ("episodic", "serial")  # newest first, or to be heard from the first episode on


def category_path(text: str) -> tuple[str, ...]:
    """`News > Daily News` as category and subcategory."""
    return tuple(part.strip() for part in text.split(">"))
