/* Single-input moves on any network. A changed input changes the accumulators
 * that read it, then those that read a changed activation, block after block:
 * in a convolution a window that grows. Nothing else is touched. */
#ifndef RAMPART_ATTACK_GRAPH_H
#define RAMPART_ATTACK_GRAPH_H

#include "attack/carve.h"
#include "attack/rivals.h"
#include "net/net.h"

/** A point and what its last move changed. Owned by one thread. */
typedef struct graph_state {
  const rp_net *net;
  uint8_t *x;               /* [n_in] */
  int32_t *z, *a;           /* [n_acc] at x */
  int32_t *kept_z, *kept_a; /* [n_acc] before the move */
  int32_t *reached;         /* [n_acc] neurons whose accumulators changed, those
                               of a block from its first accumulator on */
  int32_t *n_reached;       /* [n_blocks] of the move */
  bool *is_reached;         /* [n_acc] false between moves */
  rp_tap_space space;
  int32_t pixel, value; /* of the move: which input, and what it was */
  bool has_moved;       /* neither accepted nor undone yet */
  int64_t moves;        /* tried so far */
  int64_t work;         /* what they cost: 1 each, and 1 a multiplication */
} graph_state;

/** Place the arrays; all but net must be set by graph_move_to. */
void graph_lay_out(carver *from, const rp_net *net, graph_state *state);

/** Everything computed anew at x (copied, unless it is the state's own). */
void graph_move_to(graph_state *state, const uint8_t *x, int32_t *work);

/** x[pixel] = value, exactly; the move must be accepted or undone next.
 *  Cost: the taps of what changes. */
void graph_try(graph_state *state, int32_t pixel, int32_t value);
void graph_accept(graph_state *state);
void graph_undo(graph_state *state);

/** Accumulators that the move at hand reached. */
int64_t graph_count_reached(const graph_state *state);

#endif
