"""Runs the migrations on the connection that ``opening`` hands over; knows no file and no URL."""

from alembic import context

from reminderd.ledger.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
