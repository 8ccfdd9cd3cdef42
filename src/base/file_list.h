/* Files of a folder and of the folders below it, in the order of their names, whatever the file system says. */
#ifndef BASE_FILE_LIST_H
#define BASE_FILE_LIST_H

#include "base/arena.h"

struct file_list {
    const char **paths; /* on the arena, "FOLDER/NAME" */
    size_t n, room;
    bool keeps_unread; /* what lies below a folder and cannot be listed is added as if it were a file, so that whoever
                        * opens it tells why; else it ends the listing */
};
/* A path that is no folder is added as it is. Of a folder those files that `wanted` takes (NULL: all) and whose names
 * do not begin with a dot; links to folders are not followed. At most 100,000 files and 32 folders deep: ERROR_DATA. */
bool file_list_add(struct file_list *list, const char *path, bool (*wanted)(void *context, const char *path),
                   void *context, struct arena *arena, struct error *err) MUST_CHECK;

#endif
