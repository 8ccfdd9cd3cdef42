/* The tables of a record, and how older files become newer ones. */
#ifndef RECORD_SCHEMA_H
#define RECORD_SCHEMA_H

#include "base/error.h"

#include <sqlite3.h>

#define RECORD_SCHEMA_VERSION 2
/* "basa" as a number: tells our files from other SQLite files. */
#define RECORD_APPLICATION_ID 0x62617361

/* Creates the tables of an empty file or migrates an older one, in one transaction. Refuses other SQLite files and
 * newer versions (ERROR_DATA). Readers pass migrate = false: an older version is then refused with what to do. */
bool schema_prepare(sqlite3 *db, const char *path, bool migrate, struct error *err) MUST_CHECK;
/* What SQLite says of its last failure, and what to do about it; false. */
bool schema_sql_error(sqlite3 *db, const char *path, const char *what, struct error *err);

#endif
