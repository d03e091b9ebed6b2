/* What all attacks share: a network laid out for single-pixel moves, and the
 * hidden layers at one point.
 *
 * Beside every activation stands its line: where the clipped line is that the
 * staircase follows. Most moves end inside the steps of neurons, and what they
 * change there no output shows. It is hidden: line - activation, in the ends to
 * first order by what each neuron pulls at them.
 *
 * All arrays are padded to a multiple of LANES with neurons that stay 0, so
 * that the loops of move.h need no tails. */
#ifndef RAMPART_ATTACK_CHAIN_H
#define RAMPART_ATTACK_CHAIN_H

#include "attack/attack.h"
#include "attack/graph.h"
#include "core/rng.h"
#include "net/stair_lanes.h"

enum { LANES = 16, LOG_TABLE = 1024 };

/* A hidden layer (the only layer, if there is but one). */
typedef struct chain_layer {
  int32_t n_in, width;  /* width: neurons, padded */
  int16_t *column;      /* [n_in][width] */
  int32_t *bias;        /* [width] */
  rp_stair_lanes stair; /* [width] lanes */
} chain_layer;

/* Last accumulators of the label and the rival, and what is hidden in them. */
typedef struct chain_ends {
  int32_t z_y, z_j;
  float hidden_y, hidden_j;
} chain_ends;

/* One layer at one point: accumulators, activations and lines. Its part of the
 * ends: what it hides, and in the last layer the accumulators, too. */
typedef struct chain_values {
  int32_t *z, *a;
  float *line;
  chain_ends part;
} chain_values;

/* Scratch of an inner layer: by how much its inputs changed, and a list of
 * those that did. */
typedef struct chain_changes {
  int32_t *a;
  int32_t *input;
} chain_changes;

/* The last accumulators' change for a unit of each activation of a layer. */
typedef struct chain_pull {
  float *y, *j; /* [width] */
} chain_pull;

/* The condition that is aimed at: the steps of the last layer and the rows of
 * the two classes. */
typedef struct chain_aim {
  const rp_stair *stair;
  bool tie_wins;           /* rival before label: delta = 0 */
  float step, bottom, top; /* width of a step, T(lo + 1), T(hi) */
  int32_t label, rival;
  int32_t bias_y, bias_j;
  int32_t *row_y, *row_j; /* [width of the last hidden layer] */
  chain_pull *pull; /* [n_layers]; below the last hidden layer at the point at
                      which chain_find_pulls was called last */
  chain_pull input; /* of the inputs, where chain_find_input_pull was called */
} chain_aim;

struct rp_attack_tables {
  const rp_net *net;
  int32_t n_layers;   /* layers held here: all but the last, at least one;
                        0: not a dense chain whose outputs share a staircase;
                        there are no layers here then */
  chain_layer *layer; /* [n_layers] */
  float *minus_log;   /* [LOG_TABLE] of uniform numbers in (0, 1) */
  bool moves_pay;     /* of graph_state: are they worth their cost? */
  void *memory;       /* all arrays above are parts of it */
};

struct rp_attack {
  const rp_net *net;
  int32_t n_layers;          /* these and the layers: the tables' */
  const chain_layer *layer;  /* [n_layers] */
  const float *minus_log;    /* [LOG_TABLE] */
  chain_values *now, *trial; /* [n_layers] */
  int32_t n_moved;           /* layers of trial that the last move reached */
  bool moves_pay;            /* the tables' */
  double nearest;            /* margin of the last attack; NAN: not known */
  graph_state graph;         /* no chain, or in a ball */
  chain_aim aim;
  chain_changes changed;
  int32_t *movable;            /* [n_in] pixels with room in the box */
  int32_t *order;              /* [n_out] rivals, the most promising first */
  float *promise;              /* [n_out] best score against each class */
  uint8_t *x, *best;           /* [n_in] the point now; the best one so far */
  uint8_t *box_lo, *box_hi;    /* [n_in] a box of shrink's */
  float *gradient;             /* [n_in] of the objective */
  float *direction;            /* [n_in] of a climb: gradients so far */
  float *above;                /* [n_acc] of each accumulator */
  float *spare;                /* [widest] scratch */
  float *gain;                 /* [n_in] of a unit of a ball's radius */
  int32_t *moved;              /* [n_in] inputs that leave a ball's centre */
  int32_t *all_z, *out, *work; /* for rp_net_forward */
  void *memory;                /* all arrays above are parts of it */
};

/* Aim at one rival: rows, thresholds, delta. */
void chain_aim_at(rp_attack *attack, int32_t label, int32_t rival);

/* Move to x: everything computed anew into attack->now, with pulls for the aim
 * that is set. */
void chain_move_to(rp_attack *attack, const uint8_t *x);

/* Find pulls and what is hidden anew at attack->now. Cost: twice the weights of
 * the inner layers. */
void chain_find_pulls(rp_attack *attack);

/* Find the pull of the inputs at attack->now: to first order, what a unit of
 * each changes. 0 without hidden layers. Cost: twice the first weights. */
void chain_find_input_pull(rp_attack *attack);

/* The forward pass: is x predicted as something else? */
bool chain_is_fooled(rp_attack *attack, const uint8_t *x, int32_t label);

/* Classes worth trying into attack->order: those marked (NULL: all) but the
 * label. Returns their number. */
int32_t chain_list_rivals(rp_attack *attack, int32_t label, const bool *rivals);

/* Pixels of attack->movable for this box; returns their number. */
int32_t chain_list_movable(rp_attack *attack, const uint8_t *box_lo,
                           const uint8_t *box_hi);

/* Greedy walk from attack->x (where everything is up to date) for the aim set;
 * true when the aim is met at attack->x. */
bool chain_walk(rp_attack *attack, const uint8_t *box_lo, const uint8_t *box_hi,
                const rp_deadline *deadline);

#endif
