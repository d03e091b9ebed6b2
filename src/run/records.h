/* The records of a run's journal as bytes. */
#ifndef RAMPART_RUN_RECORDS_H
#define RAMPART_RUN_RECORDS_H

#include "run/wire.h"
#include "sched/sched.h"
#include "store/journal.h"

/** Kinds of records. The layout is part of the journal's terms. */
enum {
  RP_RECORD_ANSWER_KEPT = 1,
  RP_RECORD_PROOFS_NAMED = 2,  /* from here on proofs have their own name */
  RP_RECORD_RADIUS_KEPT = 3,   /* taken over from older results */
  RP_RECORD_PIECE_LEFT = 4,    /* a number (4) and a subproblem, before ... */
  RP_RECORD_QUESTION_LEFT = 5, /* ... the question whose pieces they are */
  RP_RECORD_LOSS = 6,          /* a process may have died of a question */
  RP_RECORD_DROPPED = 7,       /* how many bytes were dropped, as text */
  RP_RECORD_LAYOUT = 4
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

/** What a stop left of a question. Its pieces are records of their own, which
 *  come right before it; a digest of them all makes one thing of these. */
typedef struct rp_known_left {
  rp_sched_left left;
  int64_t proofs_end; /* as in rp_known_answer */
  char sha256[65];    /* of the question and the pieces */
} rp_known_left;

void rp_record_put_left(rp_bytes *wire, const rp_known_left *known);
/** False if the bytes cannot be such a question; the pieces are not filled in.
 */
bool rp_record_get_left(const rp_journal_record *record, rp_known_left *known);

void rp_record_put_piece(rp_bytes *wire, const rp_sched_piece *piece);
/** False if the bytes cannot be a piece. Its bytes are borrowed. */
bool rp_record_get_piece(const rp_journal_record *record,
                         rp_sched_piece *piece);

/** Compute the digest of a question and its pieces.
 *  Errors: RP_E_MEMORY. */
rp_status rp_record_sum_left(const rp_sched_left *left, char sha256[65]);

/** How often a process may have died of a question: its losses. */
void rp_record_put_loss(rp_bytes *wire, const rp_sched_task *task);
/** False if the bytes cannot be that. */
bool rp_record_get_loss(const rp_journal_record *record, rp_sched_task *task);

void rp_record_put_radius(rp_bytes *wire, const rp_sched_interval *known,
                          int32_t n_in);
/** False if the bytes cannot be such an interval. The witness is borrowed. */
bool rp_record_get_radius(const rp_journal_record *record, int32_t n_in,
                          rp_sched_interval *known);

#endif
