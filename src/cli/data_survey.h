/* `basanite data survey`: ratings of trust by people, analysed. */
#ifndef CLI_DATA_SURVEY_H
#define CLI_DATA_SURVEY_H

#include "cli/commands.h"

bool data_survey(struct arguments *args, struct error *err) MUST_CHECK;

#endif
