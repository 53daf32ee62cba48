"""Tombstones of formerly public articles, and the archive documents (volumes) of the site's feed."""

import sqlalchemy as sa
from alembic import op

from archive.sql.schema import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tombstones",
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("gone", Instant(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_tombstones_article_id")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_tombstones")),
    )
    op.create_index("ix_tombstones_gone", "tombstones", ["gone", "article_id"], unique=False)
    op.create_table(
        "volumes",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("listed", Instant(), nullable=True),
        sa.Column("article_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("year", "month", "number", name=op.f("pk_volumes")),
    )
