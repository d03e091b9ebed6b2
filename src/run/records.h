/* The records of a run's journal as bytes. */
#ifndef RAMPART_RUN_RECORDS_H
#define RAMPART_RUN_RECORDS_H

#include "run/wire.h"
#include "sched/sched.h"
#include "store/journal.h"

/** Kinds of records. The layout is part of the journal's terms. */
enum {
  RP_RECORD_ANSWER_KEPT = 1,
  RP_RECORD_PROOFS_NAMED = 2, /* from here on proofs have their own name */
  RP_RECORD_RADIUS_KEPT = 3,  /* taken over from older results */
  RP_RECORD_LAYOUT = 3
};

/** An answer as it came in. */
typedef struct rp_known_answer {
  int32_t worker;
  rp_sched_task task; /* query, sample, radius and limit */
  int64_t proofs_end; /* bytes of the file of proofs when it came in */
  rp_answer answer;
  const uint8_t *witness; /* [n_in] or NULL */
} rp_known_answer;

void rp_record_put_answer(rp_bytes *wire, const rp_known_answer *known,
                          int32_t n_in);
/** False if the bytes cannot be such an answer. The witness is borrowed. */
bool rp_record_get_answer(const rp_journal_record *record, int32_t n_in,
                          rp_known_answer *known);

void rp_record_put_radius(rp_bytes *wire, const rp_sched_interval *known,
                          int32_t n_in);
/** False if the bytes cannot be such an interval. The witness is borrowed. */
bool rp_record_get_radius(const rp_journal_record *record, int32_t n_in,
                          rp_sched_interval *known);

#endif
