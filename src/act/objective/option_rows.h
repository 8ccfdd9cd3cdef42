/* Rows of the option tables of objectives, and what was chosen. */
#ifndef ACT_OPTION_ROWS_H
#define ACT_OPTION_ROWS_H

#include "base/option.h"

#define REAL(name, initial, least, most, help) {name, OPTION_REAL, initial, least, most, NULL, help}
#define CHOICE(name, initial, choices, help) {name, OPTION_CHOICE, initial, 1, 0, choices, help}
#define FLAG(name, help) {name, OPTION_FLAG, NULL, 1, 0, NULL, help}

static inline bool option_chosen(const struct option_value *options, int at, const char *what) {
    return text_equal_c(options[at].text, what);
}

#endif
