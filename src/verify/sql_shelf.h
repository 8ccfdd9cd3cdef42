/* The databases that questions name by their db_id, opened once each with its judge: DB_ID.sqlite or
 * DB_ID/DB_ID.sqlite in the folder that is named, else beside the file of questions, else in the folders of a path. */
#ifndef VERIFY_SQL_SHELF_H
#define VERIFY_SQL_SHELF_H

#include "verify/sql_judge.h"

enum { SQL_SHELF_MOST = 512 };

struct sql_shelf;
/* where: a folder, or one database for all questions; NULL or "": beside the questions. path: folders with colons;
 * NULL: none. by_name: the rules of a question's set are told by its db_id (sql_set_of), else as `usual` says.
 * ERROR_DATA: `where` does not exist. */
struct sql_shelf *sql_shelf_new(const char *where, const char *path, const struct sql_judge_settings *usual,
                                bool by_name, struct error *err) MUST_CHECK;
void sql_shelf_free(struct sql_shelf *shelf);
/* Takes a database under a name, also when it fails. */
bool sql_shelf_put(struct sql_shelf *shelf, const char *db_id, struct sql_database *database,
                   struct error *err) MUST_CHECK;
/* The judge of a db_id, borrowed; without a database where none is found (or none is named), which judges silence
 * alone. beside: the file that names it; NULL. NULL: a database that cannot be opened, or a db_id that is a path. */
struct sql_judge *sql_shelf_judge(struct sql_shelf *shelf, struct text db_id, const char *beside,
                                  struct error *err) MUST_CHECK;
/* The digest of each database is what it was when it was opened; else ERROR_DATA names it. */
bool sql_shelf_unchanged(struct sql_shelf *shelf, struct error *err) MUST_CHECK;
size_t sql_shelf_databases(const struct sql_shelf *shelf); /* that are open */

#endif
