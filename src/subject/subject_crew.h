/* A crew: processes that mpirun started together and that answer asks together. The first one does everything else
 * alone: it reads tasks, keeps the record, scores, prints. Every subject that it opens the others open, too (and each
 * checks that it has the same bytes); every batch that it asks is divided among all, and what the others answer comes
 * back to it. So a record, its figures and its chain are those of one process, and a command needs to know nothing of
 * it: who opens a subject with settings.crew has it.
 *
 * Batches go out in rounds of CREW_ROUND asks for each process. What was answered is with the first process, and so in
 * the record, at the end of a round: no more is lost when a process dies. */
#ifndef SUBJECT_CREW_H
#define SUBJECT_CREW_H

#include "base/team.h"
#include "subject/subject_look.h"

enum { CREW_ROUND = 32 };

/* team: of two or more, borrowed. */
struct subject_crew *subject_crew_new(struct team *team, struct error *err) MUST_CHECK;
void subject_crew_free(struct subject_crew *crew);
/* All but the first: opens, answers and closes what the first one says, until that has finished, and ends as it ended.
 * settings: threads, stop and the models of the program are this process's own; the first one says the others. */
bool subject_crew_serve(struct subject_crew *crew, const struct subject_settings *settings,
                        struct error *err) MUST_CHECK;
/* The first: ends all with its own result. */
bool subject_crew_end(struct subject_crew *crew, bool ok, struct error *err) MUST_CHECK;

/* For subject.c and subject_look.c, of a subject whose settings name a crew. A process that failed is named in err. */
bool subject_crew_open(struct subject *subject, struct error *err) MUST_CHECK;
void subject_crew_close(struct subject *subject);
bool subject_crew_ask(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                      struct error *err) MUST_CHECK;
bool subject_crew_look(struct subject *subject, const struct lm_observe_options *options, bool answers,
                       const struct ask *asks, size_t n, look_sink *sink, void *context, struct error *err) MUST_CHECK;

#endif
