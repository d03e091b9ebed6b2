/* Layout of a network for single-pixel moves, and points computed from
 * scratch. All arrays of an attack are carved from one aligned block. */
#include "attack/chain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attack/climb.h"
#include "attack/move.h"
#include "core/assert.h"
#include "net/op_dense.h"

static int32_t pad_to_lanes(int32_t n) {
  return (n + LANES - 1) / LANES * LANES;
}

static void lay_out_layer(carver *from, const rp_block *of,
                          chain_layer *layer) {
  const size_t width = (size_t)pad_to_lanes(of->n_out);
  const size_t count = width * (size_t)of->term[0].op->n_in;
  layer->n_in = of->term[0].op->n_in;
  layer->width = (int32_t)width;
  layer->column = carve(from, count, sizeof *layer->column);
  layer->bias = carve(from, width, sizeof *layer->bias);
  rp_stair_lanes_place(&layer->stair,
                       carve(from, rp_stair_lanes_bytes(width), 1), width);
}

static void lay_out_values(carver *from, int32_t width, chain_values *values) {
  const size_t n = (size_t)width;
  values->z = carve(from, n, sizeof *values->z);
  values->a = carve(from, n, sizeof *values->a);
  values->line = carve(from, n, sizeof *values->line);
}

static void lay_out_pull(carver *from, int32_t width, chain_pull *pull) {
  const size_t n = (size_t)width;
  pull->y = carve(from, n, sizeof *pull->y);
  pull->j = carve(from, n, sizeof *pull->j);
}

static void lay_out_aim(carver *from, int32_t width, chain_aim *aim) {
  const size_t n = (size_t)width;
  aim->row_y = carve(from, n, sizeof *aim->row_y);
  aim->row_j = carve(from, n, sizeof *aim->row_j);
}

static void lay_out_tables(carver *from, rp_attack_tables *tables) {
  const size_t n = (size_t)tables->n_layers;
  tables->layer = carve(from, n, sizeof *tables->layer);
  chain_layer unplaced;
  for (size_t k = 0; k < n; k++)
    lay_out_layer(from, &tables->net->block[k],
                  from->block ? &tables->layer[k] : &unplaced);
  tables->minus_log = carve(from, LOG_TABLE, sizeof *tables->minus_log);
}

static void lay_out_scratch(carver *from, rp_attack *attack) {
  const rp_net *net = attack->net;
  const size_t n = (size_t)attack->n_layers,
               wide = (size_t)pad_to_lanes(net->widest);
  attack->aim.pull = carve(from, n, sizeof *attack->aim.pull);
  attack->now = carve(from, n, sizeof *attack->now);
  attack->trial = carve(from, n, sizeof *attack->trial);
  chain_values nowhere;
  chain_pull no_pull;
  for (size_t k = 0; k < n; k++) {
    const int32_t width = attack->layer[k].width;
    lay_out_values(from, width, from->block ? &attack->now[k] : &nowhere);
    lay_out_values(from, width, from->block ? &attack->trial[k] : &nowhere);
    lay_out_pull(from, width, from->block ? &attack->aim.pull[k] : &no_pull);
  }
  lay_out_aim(from, (int32_t)wide, &attack->aim);
  lay_out_pull(from, (int32_t)wide, &attack->aim.input);
  attack->changed.input = carve(from, wide, sizeof *attack->changed.input);
  attack->changed.a = carve(from, wide, sizeof *attack->changed.a);
  attack->movable = carve(from, wide, sizeof *attack->movable);
  attack->order = carve(from, wide, sizeof *attack->order);
  attack->promise = carve(from, wide, sizeof *attack->promise);
  attack->x = carve(from, wide, 1);
  attack->best = carve(from, wide, 1);
  attack->box_lo = carve(from, wide, 1);
  attack->box_hi = carve(from, wide, 1);
  attack->gradient = carve(from, wide, sizeof *attack->gradient);
  attack->direction = carve(from, wide, sizeof *attack->direction);
  attack->above = carve(from, (size_t)net->n_acc, sizeof *attack->above);
  attack->spare = carve(from, wide, sizeof *attack->spare);
  attack->gain = carve(from, wide, sizeof *attack->gain);
  attack->moved = carve(from, wide, sizeof *attack->moved);
  attack->all_z = carve(from, (size_t)net->n_acc, sizeof *attack->all_z);
  attack->out = carve(from, (size_t)net->n_out, sizeof *attack->out);
  attack->work = carve(from, rp_net_forward_work(net), sizeof *attack->work);
  graph_lay_out(from, net, &attack->graph);
}

static void fill_layer(const rp_block *of, chain_layer *layer) {
  const size_t width = (size_t)layer->width,
               n_in = (size_t)of->term[0].op->n_in;
  for (int32_t i = 0; i < of->n_out; i++) {
    const int16_t *row = rp_op_dense_row(of->term[0].op, i);
    layer->bias[i] = of->bias[i];
    rp_stair_lanes_set(&layer->stair, i, &of->stair[i]);
    for (size_t j = 0; j < n_in; j++)
      layer->column[j * width + (size_t)i] = row[j];
  }
}

/* The fast loops know dense layers, even steps and one staircase of outputs. */
static bool is_fast_chain(const rp_net *net) {
  const rp_block *last = &net->block[net->n_blocks - 1];
  return rp_net_is_dense_chain(net) &&
         rp_stair_find_other(last->stair, last->n_out) == last->n_out;
}

rp_status rp_attack_tables_create(const rp_net *net,
                                  rp_attack_tables **tables) {
  *tables = NULL;
  rp_attack_tables *made = rp_alloc(1, sizeof *made);
  if (!made) return RP_E_MEMORY;
  made->net = net;
  if (is_fast_chain(net))
    made->n_layers = net->n_blocks > 1 ? net->n_blocks - 1 : 1;
  carver from = {NULL, 0};
  lay_out_tables(&from, made);
  from = begin_to_carve(from.used, &made->memory);
  if (!from.block) {
    free(made);
    return RP_E_MEMORY;
  }
  lay_out_tables(&from, made);
  for (int32_t k = 0; k < made->n_layers; k++)
    fill_layer(&net->block[k], &made->layer[k]);
  for (int32_t i = 0; i < LOG_TABLE; i++)
    made->minus_log[i] = -logf(((float)i + 0.5f) / LOG_TABLE);
  if (graph_choose_moves(made) != RP_OK) {
    rp_attack_tables_free(made);
    return RP_E_MEMORY;
  }
  *tables = made;
  return RP_OK;
}

void rp_attack_tables_free(rp_attack_tables *tables) {
  if (!tables) return;
  free(tables->memory);
  free(tables);
}

rp_status rp_attack_create(const rp_attack_tables *tables, rp_attack **attack) {
  *attack = NULL;
  rp_attack *made = rp_alloc(1, sizeof *made);
  if (!made) return RP_E_MEMORY;
  made->net = tables->net;
  made->n_layers = tables->n_layers;
  made->layer = tables->layer;
  made->minus_log = tables->minus_log;
  made->moves_pay = tables->moves_pay;
  carver from = {NULL, 0};
  lay_out_scratch(&from, made);
  from = begin_to_carve(from.used, &made->memory);
  if (!from.block) {
    free(made);
    return RP_E_MEMORY;
  }
  lay_out_scratch(&from, made);
  *attack = made;
  return RP_OK;
}

void rp_attack_free(rp_attack *attack) {
  if (!attack) return;
  free(attack->memory);
  free(attack);
}

static void copy_row(const rp_op *op, int32_t class_of, int32_t *row,
                     float *pull) {
  const int16_t *w = rp_op_dense_row(op, class_of);
  for (int32_t i = 0; i < op->n_in; i++) pull[i] = (float)(row[i] = w[i]);
}

void chain_aim_at(rp_attack *attack, int32_t label, int32_t rival) {
  const rp_net *net = attack->net;
  const rp_block *last = &net->block[net->n_blocks - 1];
  chain_aim *aim = &attack->aim;
  RP_ASSERT(label >= 0 && label < net->n_out);
  RP_ASSERT(rival >= 0 && rival < net->n_out && rival != label);
  aim->stair = &last->stair[label];
  aim->tie_wins = rival < label;
  aim->label = label;
  aim->rival = rival;
  aim->step = (float)rp_stair_unit(aim->stair);
  aim->bottom = (float)rp_stair_threshold(aim->stair, aim->stair->lo + 1);
  aim->top = (float)rp_stair_threshold(aim->stair, aim->stair->hi);
  aim->bias_y = last->bias[label];
  aim->bias_j = last->bias[rival];
  if (net->n_blocks == 1) return;
  const chain_pull *top = &aim->pull[attack->n_layers - 1];
  copy_row(last->term[0].op, label, aim->row_y, top->y);
  copy_row(last->term[0].op, rival, aim->row_j, top->j);
}

static void compute_first(const chain_layer *layer, const uint8_t *x,
                          chain_values *at) {
  memcpy(at->z, layer->bias, (size_t)layer->width * sizeof *at->z);
  for (int32_t j = 0; j < layer->n_in; j++) {
    if (x[j] == 0) continue;
    const int16_t *w = layer->column + (size_t)j * layer->width;
    for (int32_t i = 0; i < layer->width; i++) at->z[i] += x[j] * w[i];
  }
  rp_stair_lanes_apply(&layer->stair, layer->width, at->z, at->a, at->line);
}

static void compute_inner(const chain_layer *layer, const chain_values *below,
                          chain_values *at) {
  memcpy(at->z, layer->bias, (size_t)layer->width * sizeof *at->z);
  for (int32_t j = 0; j < layer->n_in; j++) {
    const int16_t *w = layer->column + (size_t)j * layer->width;
    for (int32_t i = 0; i < layer->width; i++) at->z[i] += below->a[j] * w[i];
  }
  rp_stair_lanes_apply(&layer->stair, layer->width, at->z, at->a, at->line);
}

/* Slopes of a layer's lines, 0 where they are clipped. */
static void find_slopes(const chain_layer *layer, const chain_values *at,
                        float *slope) {
  const int32_t *lo = layer->stair.lo, *hi = layer->stair.hi;
  for (int32_t i = 0; i < layer->width; i++)
    slope[i] = at->line[i] > (float)lo[i] && at->line[i] < (float)hi[i]
                   ? layer->stair.slope[i]
                   : 0;
}

/* Pulls of many layers with great weights exceed any float; two of these would
 * have no sum. */
static float limit_pull(float pull) {
  static const float most = 1e20f;
  return fminf(fmaxf(pull, -most), most);
}

/* The pull of inputs from that of the layer that reads them. */
RP_VECTOR_CLONES
static void pull_through(const chain_layer *layer, const float *slope,
                         const chain_pull *above, const chain_pull *below) {
  const size_t width = (size_t)(layer->width & -LANES);
  for (size_t k = 0; k < (size_t)layer->n_in; k++) {
    reals y = {0}, j = {0};
    for (size_t b = 0; b < width; b += LANES) {
      const shorts w = *(const shorts *)(layer->column + k * width + b);
      const reals through =
          __builtin_convertvector(w, reals) * *(const reals *)(slope + b);
      y += through * *(const reals *)(above->y + b);
      j += through * *(const reals *)(above->j + b);
    }
    below->y[k] = limit_pull(sum_of_reals(&y));
    below->j[k] = limit_pull(sum_of_reals(&j));
  }
}

static void find_pull_below(rp_attack *attack, int32_t k,
                            const chain_pull *below) {
  find_slopes(&attack->layer[k], &attack->now[k], attack->spare);
  pull_through(&attack->layer[k], attack->spare, &attack->aim.pull[k], below);
}

void chain_find_pulls(rp_attack *attack) {
  for (int32_t k = attack->n_layers - 1; k > 0; k--)
    find_pull_below(attack, k, &attack->aim.pull[k - 1]);
  for (int32_t k = 0; k < attack->n_layers; k++)
    attack->now[k].part = compute_part(attack, k, &attack->now[k]);
}

void chain_find_input_pull(rp_attack *attack) {
  find_pull_below(attack, 0, &attack->aim.input);
}

void chain_move_to(rp_attack *attack, const uint8_t *x) {
  memmove(attack->x, x, (size_t)attack->net->n_in);
  compute_first(&attack->layer[0], x, &attack->now[0]);
  for (int32_t k = 1; k < attack->n_layers; k++)
    compute_inner(&attack->layer[k], &attack->now[k - 1], &attack->now[k]);
  chain_find_pulls(attack);
}

bool chain_is_fooled(rp_attack *attack, const uint8_t *x, int32_t label) {
  const rp_net *net = attack->net;
  rp_net_forward(net, x, attack->all_z, attack->out, attack->work);
  return rp_first_max(attack->out, net->n_out) != label;
}

int32_t chain_list_rivals(rp_attack *attack, int32_t label,
                          const bool *rivals) {
  int32_t n = 0;
  for (int32_t j = 0; j < attack->net->n_out; j++)
    if (j != label && (!rivals || rivals[j])) attack->order[n++] = j;
  return n;
}

int32_t chain_list_movable(rp_attack *attack, const uint8_t *box_lo,
                           const uint8_t *box_hi) {
  int32_t count = 0;
  for (int32_t p = 0; p < attack->net->n_in; p++) {
    RP_ASSERT(box_lo[p] <= box_hi[p] && box_hi[p] <= attack->net->in_hi);
    if (box_lo[p] < box_hi[p]) attack->movable[count++] = p;
  }
  return count;
}
