/* `basanite guide write`: a teacher writes guidelines for inputs. */
#ifndef CLI_GUIDE_TEACH_H
#define CLI_GUIDE_TEACH_H

#include "cli/commands.h"

bool guide_teach(struct arguments *args, struct error *err) MUST_CHECK;

#endif
