"""The column `was_public` (an earlier revision was public), so that an article's history need not be read."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("articles", sa.Column("was_public", sa.Boolean(), nullable=False, server_default=sa.false()))
    articles = sa.table("articles", sa.column("id", sa.Text()), sa.column("was_public", sa.Boolean()))
    revisions = sa.table("revisions", sa.column("article_id", sa.Text()), sa.column("document", sa.JSON()))
    published = sa.select(revisions.c.article_id).where(revisions.c.document["status"].as_string() == "published")
    op.execute(sa.update(articles).where(articles.c.id.in_(published)).values(was_public=sa.true()))
