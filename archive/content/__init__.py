"""Content of articles: sanitized HTML, plain text, and the characters that XML allows."""
