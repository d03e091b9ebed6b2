/* Messages between ranks: what they are, and their bytes.
 *
 * A message is one record or several, each with its head: what there is to say
 * to a rank at one time travels together. Every read is checked against the
 * message's length, and one that does not fit is refused whole. */
#ifndef RAMPART_RUN_WIRE_H
#define RAMPART_RUN_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/answer.h"
#include "core/bytes.h"
#include "core/options.h"
#include "net/net.h"
#include "rampart/status.h"
#include "run/compute.h"
#include "store/proof_file.h"
#include "store/results.h"

/* X(name, direction, body) */
#define RP_MESSAGE_TABLE(X)                                                    \
  X(TASK, "to a worker",                                                       \
    "id, question, label, target, sample, box, subproblem")                    \
  X(SPLIT, "to a worker", "id, subproblems wanted of its search")              \
  X(RECALL, "to a worker", "id: give it back if it has not begun")             \
  X(ABANDON, "to a worker", "id: give it back, or end it if it runs")          \
  X(FINISH, "to a worker",                                                     \
    "end this run and report; task: whether "                                  \
    "another run follows")                                                     \
  X(RESULT, "to rank 0", "id, when it ended, answer, witness if violated")     \
  X(SUBPROBLEM, "to rank 0",                                                   \
    "id, whether it is the last now, subproblem; before RESULT")               \
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

/** A record's head: its kind, and the task it is about (0: none). */
typedef struct rp_message {
  rp_message_kind kind;
  int64_t task;
} rp_message;

void rp_wire_put_message(rp_bytes *wire, rp_message_kind kind, int64_t task);
/** The kind is RP_MESSAGE_COUNT if the bytes are no head. */
rp_message rp_wire_get_message(rp_bytes *wire);

/** What identifies a question, and its limit, in messages and in the journal;
 *  the rest of it is set to zero. */
void rp_wire_put_question(rp_bytes *wire, const rp_question *question);
void rp_wire_get_question(rp_bytes *wire, rp_question *question);

/** A task, its head included; reading comes after the head and fills in all but
 *  the id and the attempt.
 *  @param n_in  bytes of its sample, which reading borrows, like the subproblem
 */
void rp_wire_put_task(rp_bytes *wire, const rp_compute_task *task,
                      int32_t n_in);
void rp_wire_get_task(rp_bytes *wire, rp_compute_task *task, int32_t n_in);

/** A subproblem that a task gave away, its head included; reading comes after
 * the head and borrows the subproblem. */
void rp_wire_put_subproblem(rp_bytes *wire,
                            const rp_compute_subproblem *subproblem);
const uint8_t *rp_wire_get_subproblem(rp_bytes *wire, size_t *size, bool *last);

/** An answer, its head included; reading comes after the head and leaves
 *  the task alone.
 *  @param n_in  bytes of the witness, which reading borrows */
void rp_wire_put_result(rp_bytes *wire, const rp_compute_answer *result,
                        int32_t n_in);
void rp_wire_get_result(rp_bytes *wire, rp_compute_answer *result,
                        int32_t n_in);

void rp_wire_put_answer(rp_bytes *wire, const rp_answer *answer);
void rp_wire_get_answer(rp_bytes *wire, rp_answer *answer);
/** The bytes of the block follow to the message's end. */
void rp_wire_put_proof_key(rp_bytes *wire, const rp_proof_key *key);
void rp_wire_get_proof_key(rp_bytes *wire, rp_proof_key *key);
void rp_wire_put_rank_row(rp_bytes *wire, const rp_rank_row *row);
void rp_wire_get_rank_row(rp_bytes *wire, rp_rank_row *row);

/** A network. Reading builds it anew and so proves its ranges again. Class
 * names are not sent: they are for people. Errors: RP_E_MEMORY; RP_E_INTERNAL
 * if the bytes are not what was put. */
rp_status rp_wire_put_net(rp_bytes *wire, const rp_net *net, rp_error *err);
rp_status rp_wire_get_net(rp_bytes *wire, rp_net **net, rp_error *err);

/** What every rank needs before the first task. Reading builds the network
 *  anew and so proves its ranges again.
 *  Errors: RP_E_MEMORY; RP_E_USAGE if another build put them, *options is then
 *  unset; RP_E_INTERNAL if the bytes are not what was put. */
rp_status rp_wire_put_setup(rp_bytes *wire, const rp_net *net,
                            const rp_options *options, rp_error *err);
rp_status rp_wire_get_setup(rp_bytes *wire, rp_net **net, rp_options *options,
                            rp_error *err);

#endif
