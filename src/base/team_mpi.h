/* Teams of processes that mpirun has started. Open MPI is loaded when it is first needed: the program starts without it
 * and runs where it is not installed. */
#ifndef BASE_TEAM_MPI_H
#define BASE_TEAM_MPI_H

#include "base/team.h"

/* Has mpirun started more than this process? */
bool team_mpi_started(void);
/* Rank of this process as mpirun tells it, known before the team is opened. */
size_t team_mpi_rank(void);
/* Processors of this machine that are this process's share, at least 1: those it may use, and no more than what is left
 * when all of its team on this machine get equally many. */
size_t team_mpi_processors(void);
/* The team of this process, once. ERROR_ENVIRONMENT: not built in, not installed, or started by another MPI. */
struct team *team_mpi_open(struct error *err) MUST_CHECK;
/* Ends well, together with all others. */
void team_mpi_close(struct team *team);
/* Ends all processes at once with this exit code: for an error that the others do not know of. Returns only if MPI
 * does. */
void team_mpi_abort(struct team *team, int code);
/* "Open MPI 4.1.4"; ERROR_ENVIRONMENT: why there is none. */
bool team_mpi_version(char out[64], struct error *err) MUST_CHECK;

#endif
