/* A proof being written: what closed and shrank the nodes of one query, in the
 * order in which it happened, as a compressed stream of bytes. The format and
 * the rules by which it is checked are in docs/evidence.md.
 *
 * A node's steps are gathered in the trail of the thread that works on it; a
 * finished trail becomes one record of the query's proof. Records of different
 * nodes may come in any order, a child's only after its parent's split.
 *
 * Memory: a proof keeps little of itself in memory; the rest goes to an unnamed
 * temporary file. Whatever fails (memory, disk) marks the proof as failed: it
 * is then not complete, and nothing else changes. */
#ifndef RAMPART_EVIDENCE_PROOF_H
#define RAMPART_EVIDENCE_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bytes.h"
#include "rampart/status.h"

/** Numbers of one node's steps, being written. Where it failed for lack of
 *  memory, the proof it goes to fails. */
typedef rp_bytes rp_trail;

/** Seven bits a byte, least first; signed ones as 0, -1, 1, -2, ... */
void rp_trail_put(rp_trail *trail, uint64_t value);
void rp_trail_put_signed(rp_trail *trail, int64_t value);
/** All of another trail. */
void rp_trail_append(rp_trail *trail, const rp_trail *from);
void rp_trail_clear(rp_trail *trail);
void rp_trail_fini(rp_trail *trail);

/** Reading such numbers. The first that is not there sticks: zeros from then
 *  on, so that one look at `failed` at the end is enough. */
typedef struct rp_trail_reader {
  const uint8_t *data;
  size_t size, at;
  bool failed;
} rp_trail_reader;
uint64_t rp_trail_get(rp_trail_reader *reader);
int64_t rp_trail_get_signed(rp_trail_reader *reader);
/** A number of 0..most; anything else spoils the reader, and gives 0. */
int64_t rp_trail_get_up_to(rp_trail_reader *reader, int64_t most);

/** Real numbers, rounded to float; any bits are one. */
void rp_trail_put_real(rp_trail *trail, double value);
double rp_trail_get_real(rp_trail_reader *reader);

/** What a step's multipliers prove. */
typedef enum rp_step_action {
  RP_STEP_CLOSE = 1, /* the part's objective stays below its threshold */
  RP_STEP_TIGHTEN,   /* reduced costs shrink the region */
  RP_STEP_ABOVE,     /* an accumulator's upper bound */
  RP_STEP_BELOW,     /* an accumulator's lower bound */
  RP_STEP_SLOPES,    /* slopes of the accumulators of a block */
  RP_STEP_BOUNDS,    /* bounds of accumulators of a block by the slopes */
  RP_STEP_CUTS       /* cuts that the next step uses, with multipliers */
} rp_step_action;

typedef enum rp_record_kind {
  RP_RECORD_END = 0,
  RP_RECORD_PART,      /* a part of a rival: a new root */
  RP_RECORD_OPEN,      /* steps of a node, more to come */
  RP_RECORD_LEAF,      /* steps that close a node, if its region is not empty */
  RP_RECORD_SPLIT,     /* steps of a node and its split: two new nodes */
  RP_RECORD_CONTINUES, /* a new node, for one that the source left open */
  RP_RECORD_CUT        /* a cut, for all steps from here on */
} rp_record_kind;

/** Where a node is split; low child: below the value, high child: from it. */
typedef struct rp_proof_split {
  bool input; /* an input, else an accumulator */
  int32_t at, value;
} rp_proof_split;

/** The node whose region all parts start from. */
enum { RP_PROOF_ROOT = 0 };

typedef struct rp_proof rp_proof;

/** Errors: RP_E_MEMORY. */
rp_status rp_proof_create(rp_proof **proof);
void rp_proof_free(rp_proof *proof); /* NULL is fine */

/** Forget what is there and begin the proof of one query, or of a subproblem of
 * it, which goes on with nodes that another stream leaves open.
 *  @param back  a subproblem: that stream's name is so much less than its own;
 * 0: all of a query */
void rp_proof_begin(rp_proof *proof, int32_t label, int32_t radius,
                    uint64_t back);

/** Go on with a node of the source. Returns its number here. */
int64_t rp_proof_continue(rp_proof *proof, int64_t source_node);

/** A part of a rival. The weights of its objective count in part A. */
typedef struct rp_proof_head {
  int32_t rival;
  char kind;                          /* 'A', 'B' or 'C' */
  int32_t label_weight, rival_weight; /* positive */
} rp_proof_head;

/** Announce a part. Returns its node's number. Thread: safe. */
int64_t rp_proof_part(rp_proof *proof, const rp_proof_head *part);

/** Append a record and clear the trail.
 *  @param kind   OPEN, LEAF or SPLIT
 *  @param split  for SPLIT, else NULL
 *  Returns the number of a split's low child; the high child's is one more.
 *  Thread: safe. */
int64_t rp_proof_add(rp_proof *proof, rp_record_kind kind, int64_t node,
                     rp_trail *trail, const rp_proof_split *split);

/** Number a cut, and append its record, unless it has a number already.
 *  @param body    what the record says of it
 *  @param number  in and out; RP_PROOF_UNNUMBERED: it has none. Changed under
 *                 the proof's lock only. Thread: safe. */
enum { RP_PROOF_UNNUMBERED = -1 };
void rp_proof_cut(rp_proof *proof, const rp_trail *body,
                  _Atomic int64_t *number);

/** End the proof. Returns false if it failed: there is none. */
bool rp_proof_end(rp_proof *proof);

/** Forget what is there: the query has no proof. */
void rp_proof_drop(rp_proof *proof);

/** Bytes of the ended proof; 0: none. */
size_t rp_proof_size(const rp_proof *proof);
/** The same, inflated. */
uint64_t rp_proof_plain_size(const rp_proof *proof);

/** Read `size` of its bytes from an offset on. Errors: RP_E_IO. */
rp_status rp_proof_read(rp_proof *proof, size_t offset, uint8_t *bytes,
                        size_t size);

#endif
