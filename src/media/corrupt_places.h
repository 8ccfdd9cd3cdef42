/* Which files are read and where what is made of them goes: see corrupt_files.h. */
#ifndef MEDIA_CORRUPT_PLACES_H
#define MEDIA_CORRUPT_PLACES_H

#include "media/corrupt_files.h"
#include "media/corruption.h"

struct corrupt_identity; /* device and inode: the same file under whatever name */
struct corrupt_places {
    const char **files;    /* [n] as they are opened */
    const char **relative; /* [n] as they are named below IN */
    size_t n;
    const char *out;
    bool one;                            /* OUT is the file itself */
    struct corrupt_identity *identities; /* sorted */
    size_t n_identities;
};
/* Lists IN and makes the folder OUT. All on the arena. */
bool corrupt_places_plan(const struct corrupt_settings *settings, const struct corruption_choices *choices,
                         struct arena *arena, struct corrupt_places *out, struct error *err) MUST_CHECK;
/* Where one goes, its folder made; NULL and ERROR_DATA where that is a file that is read. */
const char *corrupt_place(const struct corrupt_places *places, size_t file, const struct corruption_choice *choice,
                          struct arena *arena, struct error *err) MUST_CHECK;

#endif
