/* Messages between ranks: what they are, and their bytes.
 *
 * A message is one record or several, each with its head: what there is to say
 * to a rank at one time travels together.
 *
 * Numbers are little-endian and packed without gaps, so that a message means
 * the same on every host; every read is checked against the message's length,
 * and one that does not fit is refused whole. */
#ifndef RAMPART_RUN_WIRE_H
#define RAMPART_RUN_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/answer.h"
#include "core/options.h"
#include "net/net.h"
#include "rampart/status.h"
#include "run/compute.h"
#include "store/proof_file.h"
#include "store/results.h"

/* X(name, direction, body) */
#define RP_MESSAGE_TABLE(X)                                                    \
  X(TASK, "to a worker", "id, question, label, sample, share")                 \
  X(SPLIT, "to a worker", "id, shares wanted of its search")                   \
  X(RECALL, "to a worker", "id: give it back if it has not begun")             \
  X(ABANDON, "to a worker", "id: give it back, or end it if it runs")          \
  X(FINISH, "to a worker", "end everything and report")                        \
  X(RESULT, "to rank 0", "id, when it ended, answer, witness if violated")     \
  X(PIECE, "to rank 0",                                                        \
    "id, whether it is the last now, share; before RESULT")                    \
  X(PROOF, "to rank 0", "id, a block of its proof to the message's end")       \
  X(RETURNED, "to rank 0", "id: it had not begun")                             \
  X(STOP, "to rank 0", "a signal asked this rank to stop")                     \
  X(ALIVE, "to either", "nothing else to say")                                 \
  X(REPORT, "to rank 0", "the rank's counters; its last message")

typedef enum rp_message_kind {
#define RP_MESSAGE_ID(name, direction, body) RP_MESSAGE_##name,
  RP_MESSAGE_TABLE(RP_MESSAGE_ID)
#undef RP_MESSAGE_ID
      RP_MESSAGE_COUNT
} rp_message_kind;

/** A message being written or read. Writing grows it; reading moves `at`. The
 *  first failure (no memory, too short) sticks: later calls do nothing and
 *  read zeros, so that one check at the end is enough. */
typedef struct rp_wire {
  uint8_t *data; /* malloc'ed by writing, borrowed by reading */
  size_t size, capacity, at;
  bool failed;
} rp_wire;

/** A view for reading. */
rp_wire rp_wire_over(const uint8_t *data, size_t size);

/** True if everything was read, to the last byte, and nothing failed. */
bool rp_wire_whole(const rp_wire *wire);

void rp_wire_put(rp_wire *wire, uint64_t value, int bytes);
void rp_wire_put_real(rp_wire *wire, double value);
void rp_wire_put_bytes(rp_wire *wire, const void *data, size_t size);
uint64_t rp_wire_get(rp_wire *wire, int bytes);
int64_t rp_wire_get_signed(rp_wire *wire, int bytes);
double rp_wire_get_real(rp_wire *wire);
void rp_wire_get_bytes(rp_wire *wire, void *data, size_t size);

/** The next bytes where they lie; NULL if there are not so many. */
const uint8_t *rp_wire_view(rp_wire *wire, size_t size);

/** A record's head: its kind, and the task it is about (0: none). */
typedef struct rp_message {
  rp_message_kind kind;
  int64_t task;
} rp_message;

void rp_wire_put_message(rp_wire *wire, rp_message_kind kind, int64_t task);
/** RP_MESSAGE_COUNT if it is none. */
rp_message rp_wire_get_message(rp_wire *wire);

/** What identifies a question, and its limit, in messages and in the journal;
 *  the rest of it is set to zero. */
void rp_wire_put_question(rp_wire *wire, const rp_question *question);
void rp_wire_get_question(rp_wire *wire, rp_question *question);

/** A task, its head included; reading comes after the head and fills in all but
 *  the id and the attempt.
 *  @param n_in  bytes of its sample, which reading borrows, like the share */
void rp_wire_put_task(rp_wire *wire, const rp_compute_task *task, int32_t n_in);
void rp_wire_get_task(rp_wire *wire, rp_compute_task *task, int32_t n_in);

/** A share that a task gave away, its head included; reading comes after the
 *  head and borrows the share. */
void rp_wire_put_piece(rp_wire *wire, const rp_compute_piece *piece);
const uint8_t *rp_wire_get_piece(rp_wire *wire, size_t *size, bool *last);

/** An answer, its head included; reading comes after the head and leaves
 *  the task alone.
 *  @param n_in  bytes of the witness, which reading borrows */
void rp_wire_put_result(rp_wire *wire, const rp_compute_answer *result,
                        int32_t n_in);
void rp_wire_get_result(rp_wire *wire, rp_compute_answer *result, int32_t n_in);

void rp_wire_put_answer(rp_wire *wire, const rp_answer *answer);
void rp_wire_get_answer(rp_wire *wire, rp_answer *answer);
/** The bytes of the block follow to the message's end. */
void rp_wire_put_proof_key(rp_wire *wire, const rp_proof_key *key);
void rp_wire_get_proof_key(rp_wire *wire, rp_proof_key *key);
void rp_wire_put_rank_row(rp_wire *wire, const rp_rank_row *row);
void rp_wire_get_rank_row(rp_wire *wire, rp_rank_row *row);

/** What every rank needs before the first task. Reading builds the network
 *  anew and so proves its ranges again.
 *  Errors: RP_E_MEMORY; RP_E_USAGE if another build put them, *options is then
 *  unset; RP_E_INTERNAL if the bytes are not what was put. */
rp_status rp_wire_put_setup(rp_wire *wire, const rp_net *net,
                            const rp_options *options, rp_error *err);
rp_status rp_wire_get_setup(rp_wire *wire, rp_net **net, rp_options *options,
                            rp_error *err);

#endif
