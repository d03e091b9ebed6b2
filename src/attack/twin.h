/* What all attacks share: a network laid out for single-pixel moves, and the
 * hidden layers at one point, as integers and as their smooth twin.
 *
 * The twin replaces every staircase by its clipped line. Its first
 * accumulators are the integer ones; from the first activations on it goes its
 * own way, in float. The integer network is flat between steps, the twin is
 * slightly wrong everywhere: together they show where to go.
 *
 * All arrays are padded to a multiple of LANES with neurons that stay 0, so
 * that the loops of move.h need no tails. */
#ifndef RAMPART_ATTACK_TWIN_H
#define RAMPART_ATTACK_TWIN_H

#include "attack/attack.h"
#include "attack/graph.h"
#include "core/rng.h"
#include "net/stair_lanes.h"

enum { LANES = 16, LOG_TABLE = 1024 };

/* A hidden layer (the only layer, if there is but one). */
typedef struct twin_layer {
  int32_t n_in, width;  /* width: neurons, padded */
  int16_t *column;      /* [n_in][width] */
  float *column_f;      /* [n_in][width]; NULL in the first layer */
  int32_t *bias;        /* [width] */
  rp_stair_lanes stair; /* [width] lanes */
} twin_layer;

/* One layer at one point: accumulators and activations, twice. */
typedef struct twin_values {
  int32_t *z, *a;
  float *zt, *t;
} twin_values;

/* Scratch of an inner layer: by how much its inputs changed, and a list of
 * those that did. */
typedef struct twin_changes {
  int32_t *a;
  float *t;
  int32_t *any; /* not 0 where either of them is */
  int32_t *input;
} twin_changes;

/* Last accumulators of the label and the rival, twice. */
typedef struct twin_ends {
  int32_t z_y, z_j;
  float t_y, t_j;
} twin_ends;

/* The condition that is aimed at: the steps of the last layer and the rows of
 * the two classes. */
typedef struct twin_aim {
  const rp_stair *stair;
  bool tie_wins;           /* rival before label: delta = 0 */
  float step, bottom, top; /* width of a step, T(lo + 1), T(hi) */
  int32_t label, rival;
  int32_t bias_y, bias_j;
  int32_t *row_y, *row_j; /* [width of the last hidden layer] */
  float *row_y_f, *row_j_f;
} twin_aim;

struct rp_attack_tables {
  const rp_net *net;
  int32_t n_twins;   /* layers held here: all but the last, at least one;
                        0: not a dense chain whose outputs share a staircase;
                        there are no twins then */
  twin_layer *layer; /* [n_twins] */
  float *minus_log;  /* [LOG_TABLE] of uniform numbers in (0, 1) */
  bool moves_pay;    /* of graph_state: are they worth their cost? */
  void *memory;      /* all arrays above are parts of it */
};

struct rp_attack {
  const rp_net *net;
  int32_t n_twins;          /* these and the layers: the tables' */
  const twin_layer *layer;  /* [n_twins] */
  const float *minus_log;   /* [LOG_TABLE] */
  twin_values *now, *trial; /* [n_twins] */
  bool moves_pay;           /* the tables' */
  double nearest;           /* margin of the last attack; NAN: not known */
  graph_state graph;        /* without twins, and in balls */
  twin_aim aim;
  twin_changes changed;
  int32_t *movable;            /* [n_in] pixels with room in the box */
  int32_t *order;              /* [n_out] rivals, the most promising first */
  float *promise;              /* [n_out] best score against each class */
  uint8_t *x, *best;           /* [n_in] the point now; the best one of a run */
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
void twin_aim_at(rp_attack *attack, int32_t label, int32_t rival);

/* Move to x: everything computed anew into attack->now. */
void twin_move_to(rp_attack *attack, const uint8_t *x);

/* Recompute the twin's deeper layers, whose sums drift as they are updated. */
void twin_refresh(rp_attack *attack);

/* The forward pass: is x predicted as something else? */
bool twin_is_fooled(rp_attack *attack, const uint8_t *x, int32_t label);

/* Classes worth trying into attack->order: those marked (NULL: all) but the
 * label. Returns their number. */
int32_t twin_list_rivals(rp_attack *attack, int32_t label, const bool *rivals);

/* Pixels of attack->movable for this box; returns their number. */
int32_t twin_list_movable(rp_attack *attack, const uint8_t *box_lo,
                          const uint8_t *box_hi);

/* Greedy walk from attack->x (where everything is up to date) for the aim set;
 * true when the aim is met at attack->x. */
bool twin_walk(rp_attack *attack, const uint8_t *box_lo, const uint8_t *box_hi,
               const rp_deadline *deadline);

#endif
