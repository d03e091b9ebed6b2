/* What the files of the ledger share: ledger.c writes, ledger_look.c reads what
 * earlier runs left, ledger_take.c hands it to the scheduler. */
#ifndef RAMPART_RUN_LEDGER_INTERNAL_H
#define RAMPART_RUN_LEDGER_INTERNAL_H

#include "run/earlier.h"
#include "run/ledger.h"
#include "run/records.h"
#include "run/running.h"
#include "store/journal.h"
#include "store/same_job.h"

/* What was taken over from earlier runs. */
typedef struct rp_taken {
  int64_t answers;  /* of a journal, as they came in */
  int64_t left;     /* questions that were under way, likewise */
  int64_t suspects; /* questions that are asked alone */
  int64_t queries, closed, capped, open, wrong;
} rp_taken;

/* A row of earlier results, by its number there. */
typedef struct rp_unbacked {
  int64_t query, radius; /* one of them, the other is -1 */
} rp_unbacked;

struct rp_ledger {
  rp_job *job;
  rp_setup *setup;
  char *file; /* the journal's name; NULL: nothing is kept */
  rp_journal_term term[RP_SAME_MOST + 1];
  rp_journal_terms terms;
  rp_journal *journal; /* NULL: none yet, or none at all */
  rp_proof_file *proofs;
  rp_proof_list whole; /* proofs of earlier runs */
  uint64_t *stream;    /* [n_streams] attempts whose answers have not come */
  rp_sched_task *gap;  /* [n_gaps] about questions whose proof lacks a stream */
  int64_t n_streams, n_gaps;
  bool is_all_gap;       /* gaps could not be noted */
  rp_unbacked *unbacked; /* [n_unbacked] without the evidence that is wanted */
  int64_t n_unbacked;
  bool is_settled, is_backed; /* now, by this run's own rows */
  rp_keep held;               /* evidence that earlier results say they have */
  char proofs_before[96];     /* how earlier results describe their proofs */
  rp_results *own;            /* no rows; the provenance of this run */
  rp_results *earlier; /* all that was known at the start; NULL: nothing */
  int64_t n_others;    /* rows of it that this run does not ask for */
  char before[512];    /* the command line of the earlier run */
  rp_error said;       /* in what this run does more than its job says */
  rp_taken taken;
  bool going_on;       /* with the journal, under the same terms */
  bool given_counts;   /* an earlier UNKNOWN counts as answered */
  bool same_questions; /* as those of the earlier results */
  bool proofs_there;   /* those that the earlier results describe */
  bool begun;          /* a journal of this run's own is there */
  bool proofs_named, empty, failing, unsynced;
  size_t left_bytes;      /* of pieces that a stop left */
  rp_running *running;    /* NULL: not known */
  rp_sched_task *suspect; /* [n_suspects], with their losses */
  int64_t n_suspects;
  double sync_at_s, retry_at_s;
};

/** Are two tasks about the same question? */
static inline bool rp_ledger_is_same_question(const rp_sched_task *a,
                                              const rp_sched_task *b) {
  return a->query == b->query && a->question.sample == b->question.sample &&
         a->question.radius == b->question.radius;
}

/* ledger_look.c */

/** Fill in `own` and the terms from the job as it is now. */
void rp_ledger_fill_terms(rp_ledger *self);

/** Read results and journal; no file is changed. */
rp_status rp_ledger_look(rp_ledger *self, rp_error *err);

/* ledger_take.c */

/** Hand the scheduler what earlier results hold; where this run has a journal
 *  of its own that is written there too. */
void rp_ledger_take_over(rp_ledger *self, rp_sched *sched);

/** Hand the scheduler the answers of the journal, in their order.
 *  Errors: RP_E_INPUT: one is not about this job. */
rp_status rp_ledger_replay(rp_ledger *self, rp_sched *sched, rp_error *err);

/** Does an earlier row have the evidence that this run wants? An open one has
 *  none to have. */
bool rp_ledger_is_backed_query(const rp_ledger *self, const rp_query_row *q);
bool rp_ledger_is_backed_radius(const rp_ledger *self,
                                const rp_radius_row *row);

/* ledger_proofs.c */

/** Mark the proof of a question as whole, unless a stream of it is missing. */
void rp_ledger_mark_proof(rp_ledger *self, const rp_sched_task *task);
bool rp_ledger_has_gap(const rp_ledger *self, const rp_sched_task *task);

/** Note which rows of earlier results lack evidence that this run wants.
 *  Errors: RP_E_MEMORY. */
rp_status rp_ledger_note_unbacked(rp_ledger *self, rp_error *err);

/** Note, before earlier rows are joined to this run's own, whether these have
 * all the evidence that is wanted. */
void rp_ledger_settle_evidence(rp_ledger *self, const rp_results *own);

/** Name the evidence that the united rows have: less than this run wants while
 *  one of them lacks it.
 *  @param results     this run's own rows
 *  @param provenance  of the united rows */
void rp_ledger_name_evidence(const rp_ledger *self, const rp_results *results,
                             rp_provenance *provenance);
void rp_ledger_forget_proofs(rp_ledger *self);

/* ledger_left.c */

/** Hand the scheduler what the journal has of questions that were under way,
 *  after all answers and intervals.
 *  Errors: RP_E_MEMORY. */
rp_status rp_ledger_take_left(rp_ledger *self, rp_sched *sched, rp_error *err);

/* ledger_losses.c */

/** Read of which questions processes may have died, and keep it in the journal.
 *  Errors: RP_E_MEMORY. */
rp_status rp_ledger_read_losses(rp_ledger *self, rp_error *err);
int32_t rp_ledger_count_losses(const rp_ledger *self,
                               const rp_sched_task *task);
/** Hand them to the scheduler, after all else. */
void rp_ledger_take_losses(rp_ledger *self, rp_sched *sched);

/* ledger.c */

/** Add a record to the journal; the wire is freed. */
void rp_ledger_append(rp_ledger *self, uint32_t kind, rp_bytes *wire);
void rp_ledger_keep_answer(rp_ledger *self, const rp_known_answer *known);

#endif
