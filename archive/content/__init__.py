"""Content of articles: clean HTML, plain text, and the characters that XML allows."""
