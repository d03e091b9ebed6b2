/* The parts of a property and their bounds on the last accumulators. */
#include "bound/property.h"

#include <math.h>

#include "core/assert.h"

static const rp_stair *get_stair(const rp_net *net, int32_t output) {
  return &net->block[net->n_blocks - 1].stair[output];
}

static rp_part make_part(const rp_net *net, char kind, int32_t label,
                         int32_t rival) {
  rp_part part = {.kind = kind,
                  .label = label,
                  .rival = rival,
                  .delta = rival > label,
                  .objective = {.block = net->n_blocks - 1,
                                .n_rows = 2,
                                .row = {rival, label},
                                .coef = {1, -1}}};
  return part;
}

/* Small factors that make a step of the rival and a step of the label about
 * equally long, as objectives with whole coefficients: rival, label. */
static void choose_factors(const rp_stair *j, const rp_stair *y,
                           int32_t factor[2]) {
  const double ratio = rp_stair_unit(y) / rp_stair_unit(j);
  double least = HUGE_VAL;
  for (int32_t below = 1; below <= RP_MOST_COEF && least > 0; below++) {
    const double above = fmin(fmax(round(ratio * below), 1), RP_MOST_COEF);
    const double error = fabs(log(above / below / ratio));
    if (error >= least * 0.9) continue; /* prefer small ones */
    least = error;
    factor[0] = (int32_t)above;
    factor[1] = below;
  }
  RP_ASSERT(least < HUGE_VAL);
}

/* The largest value of the label that a rival beats whatever its own
 * accumulator. */
static int32_t get_free_value(const rp_net *net, int32_t label, int32_t rival) {
  return get_stair(net, rival)->lo - (rival > label);
}

/* Part C asks nothing of its rival, so the part of an earlier rival stands for
 * all that reach no farther. */
static bool has_bottom_part(const rp_net *net, int32_t label, int32_t rival) {
  const int32_t value = get_free_value(net, label, rival);
  if (value < get_stair(net, label)->lo) return false;
  for (int32_t i = 0; i < rival; i++)
    if (i != label && get_free_value(net, label, i) >= value) return false;
  return true;
}

/* If the label cannot rise above the free value, the rival always wins, and an
 * objective of nothing says so. */
static rp_part make_bottom_part(const rp_net *net, int32_t label,
                                int32_t rival) {
  const rp_stair *y = get_stair(net, label);
  const int32_t value = get_free_value(net, label, rival);
  const bool always = value >= y->hi;
  rp_part part = make_part(net, 'C', label, rival);
  part.objective.n_rows = 1;
  part.objective.row[0] = label;
  part.objective.coef[0] = always ? 0 : -1;
  part.objective.threshold = always ? 0 : 1 - rp_stair_threshold(y, value + 1);
  return part;
}

/* sigma_j(z_j) >= sigma_y(z_y) + delta, by v = sigma_y(z_y): with v up to the
 * free value the rival always wins (part C), at the top step of y it needs one
 * threshold (part B), in between it depends on both (part A). */
int32_t rp_property_parts(const rp_net *net, int32_t label, int32_t rival,
                          rp_part parts[RP_MAX_PARTS]) {
  RP_ASSERT(label >= 0 && label < net->n_out);
  RP_ASSERT(rival >= 0 && rival < net->n_out && rival != label);
  const rp_stair *y = get_stair(net, label), *j = get_stair(net, rival);
  const int32_t delta = rival > label, top = y->hi + delta;
  int32_t n = 0, factor[2];
  int64_t least;
  choose_factors(j, y, factor);
  if (rp_stair_find_least_difference(j, y, delta, factor, &least)) {
    parts[n] = make_part(net, 'A', label, rival);
    parts[n].objective.coef[0] = factor[0];
    parts[n].objective.coef[1] = -factor[1];
    parts[n++].objective.threshold = least;
  }
  if (top > j->lo && top <= j->hi) {
    parts[n] = make_part(net, 'B', label, rival);
    parts[n].objective.coef[1] = 0;
    parts[n++].objective.threshold = rp_stair_threshold(j, top);
  }
  if (has_bottom_part(net, label, rival))
    parts[n++] = make_bottom_part(net, label, rival);
  return n;
}

typedef struct last_bounds {
  int32_t *y_lo, *y_hi, *j_lo, *j_hi;
} last_bounds;

static last_bounds get_last_bounds(const rp_net *net, const rp_part *part,
                                   rp_region *region) {
  const int32_t first = net->block[net->n_blocks - 1].first;
  const int32_t y = first + part->label, j = first + part->rival;
  return (last_bounds){&region->z_lo[y], &region->z_hi[y], &region->z_lo[j],
                       &region->z_hi[j]};
}

/* Thresholds may leave int32, accumulators do not. So a threshold beyond int32
 * may be clipped to it. */
static void raise_lower_end(int32_t *lo, int64_t value) {
  if (value > *lo) *lo = value < INT32_MAX ? (int32_t)value : INT32_MAX;
}

static void lower_upper_end(int32_t *hi, int64_t value) {
  if (value < *hi) *hi = value > INT32_MIN ? (int32_t)value : INT32_MIN;
}

static bool is_whole(const last_bounds *b) {
  return *b->y_lo <= *b->y_hi && *b->j_lo <= *b->j_hi;
}

bool rp_part_restrict(const rp_net *net, const rp_part *part,
                      rp_region *region) {
  const rp_stair *y = get_stair(net, part->label);
  const rp_stair *j = get_stair(net, part->rival);
  const last_bounds b = get_last_bounds(net, part, region);
  const int32_t free = get_free_value(net, part->label, part->rival);
  switch (part->kind) {
  case 'A':
    lower_upper_end(b.y_hi, rp_stair_threshold(y, y->hi) - 1);
    raise_lower_end(b.j_lo, rp_stair_threshold(j, j->lo + 1));
    if (free >= y->lo) raise_lower_end(b.y_lo, rp_stair_threshold(y, free + 1));
    break;
  case 'B':
    raise_lower_end(b.y_lo, rp_stair_threshold(y, y->hi));
    raise_lower_end(b.j_lo, rp_stair_threshold(j, y->hi + part->delta));
    break;
  default:
    if (free < y->hi)
      lower_upper_end(b.y_hi, rp_stair_threshold(y, free + 1) - 1);
  }
  return is_whole(&b) && rp_part_propagate(net, part, region);
}

bool rp_part_propagate(const rp_net *net, const rp_part *part,
                       rp_region *region) {
  const rp_stair *y = get_stair(net, part->label);
  const rp_stair *j = get_stair(net, part->rival);
  const last_bounds b = get_last_bounds(net, part, region);
  if (!is_whole(&b)) return false;
  if (part->kind != 'A') return true;
  const int32_t j_step = rp_stair_apply(y, *b.y_lo) + part->delta;
  if (j_step > j->hi) return false;
  if (j_step > j->lo) raise_lower_end(b.j_lo, rp_stair_threshold(j, j_step));
  const int32_t y_step = rp_stair_apply(j, *b.j_hi) - part->delta;
  if (y_step < y->lo) return false;
  if (y_step < y->hi)
    lower_upper_end(b.y_hi, rp_stair_threshold(y, y_step + 1) - 1);
  return is_whole(&b);
}

bool rp_rival_wins(const rp_net *net, const int32_t *z_last, int32_t label,
                   int32_t rival) {
  return rp_stair_apply(get_stair(net, rival), z_last[rival]) >=
         rp_stair_apply(get_stair(net, label), z_last[label]) + (rival > label);
}
