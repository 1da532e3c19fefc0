#!/bin/sh
# Makes the role of the exporter: it may read statistics and nothing else.
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" \
    -v password="$(cat /run/secrets/postgres_exporter_password)" <<'SQL'
CREATE ROLE monitoring LOGIN PASSWORD :'password';
GRANT pg_monitor TO monitoring;
SQL
