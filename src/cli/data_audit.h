/* `basanite data audit`: how far synthetic tables may be trusted. */
#ifndef CLI_DATA_AUDIT_H
#define CLI_DATA_AUDIT_H

#include "cli/commands.h"

/* Measures candidates against real rows (or reads an audit again, --cached), and tells figures, indices and a ranking.
 */
bool data_audit(struct arguments *args, struct error *err);

#endif
