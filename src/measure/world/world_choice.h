/* Which items of a part are made: those in the languages asked for, said in the style asked for. */
#ifndef MEASURE_WORLD_CHOICE_H
#define MEASURE_WORLD_CHOICE_H

#include "measure/world/world_item.h"

enum { LANGUAGES = 10, MOST_FAMILIES = 256 };
struct world_choice {
    int manner;          /* of struct world_line */
    bool given;          /* whether languages were asked for; otherwise a part makes what is its own */
    bool lang[LANGUAGES]; /* en, p1 to p9 */
    const char *style_name, *lang_names; /* as given */
};
/* style: NULL or a name of world_manner.h; lang: NULL or "en,p1". ERROR_USAGE names what there is. */
bool world_choice_read(struct world_choice *choice, const char *style, const char *lang, struct error *err) MUST_CHECK;
/* Whether the part (NULL: one without items, called `name`) can be made so; ERROR_USAGE says which can. */
bool world_choice_allows(const struct world_choice *choice, const struct world_part *part, const char *name,
                         struct error *err) MUST_CHECK;
/* Whether the part makes the items of this family, which may be one of another part
 * that says them in another language. */
bool world_choice_makes(const struct world_choice *choice, const struct world_part *part,
                        const struct world_family *family);

#endif
