"""The history of a live feed's entries, in the column `lineage`."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("renditions", sa.Column("lineage", sa.LargeBinary(), nullable=True))
