/* Calibration text for the built-in models, where the user names none: their own world's. */
#ifndef CLI_COMPRESS_TEXT_H
#define CLI_COMPRESS_TEXT_H

#include "cli/options.h"

/* The corpus that the built-in model `name` was last trained on, made anew into a file of its own in the folder for
 * temporary files: *path on the arena of the arguments, to be removed by compress_text_remove. NULL: the model has
 * none.
 */
bool compress_text_make(const struct arguments *args, const char *name, const char **path,
                        struct error *err) MUST_CHECK;
void compress_text_remove(const char *path); /* NULL does nothing */

#endif
