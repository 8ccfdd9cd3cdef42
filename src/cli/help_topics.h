/* `basanite help TOPIC`: what no single command's --help can say. Lists are made from the program's own tables. */
#ifndef CLI_HELP_TOPICS_H
#define CLI_HELP_TOPICS_H

#include "base/buffer.h"

struct help_topic {
    const char *name, *summary;
    void (*put)(struct buffer *out);
};
size_t help_topics(const struct help_topic **out);
const struct help_topic *help_topic_find(const char *name); /* NULL: none */

#endif
