/* The parts of a property and their bounds on the last accumulators. */
#include "bound/property.h"

#include "core/assert.h"

static const rp_stair *get_last_stair(const rp_net *net) {
  return &net->layer[net->n_layers - 1].stair[0];
}

static rp_part make_part(const rp_net *net, char kind, int32_t label,
                         int32_t rival) {
  rp_part part = {.kind = kind,
                  .label = label,
                  .rival = rival,
                  .delta = rival > label,
                  .objective = {.layer = net->n_layers - 1,
                                .n_rows = 2,
                                .row = {rival, label},
                                .coef = {1, -1}}};
  RP_ASSERT(part.delta == 0 || kind == 'A');
  return part;
}

int32_t rp_property_parts(const rp_net *net, int32_t label, int32_t rival,
                          rp_part parts[RP_MAX_PARTS]) {
  const rp_stair *stair = get_last_stair(net);
  int32_t n = 0;
  RP_ASSERT(label >= 0 && label < net->n_out);
  RP_ASSERT(rival >= 0 && rival < net->n_out && rival != label);
  int64_t least;
  if (rp_stair_find_least_difference(stair, rival > label, &least)) {
    parts[n] = make_part(net, 'A', label, rival);
    parts[n++].objective.threshold = least;
  }
  if (rival > label) return n;
  parts[n] = make_part(net, 'B', label, rival);
  parts[n].objective.coef[1] = 0;
  parts[n++].objective.threshold = rp_stair_threshold(stair, stair->hi);
  parts[n] = make_part(net, 'C', label, rival);
  parts[n].objective.n_rows = 1;
  parts[n].objective.row[0] = label;
  parts[n].objective.coef[0] = -1;
  parts[n++].objective.threshold = 1 - rp_stair_threshold(stair, stair->lo + 1);
  return n;
}

typedef struct last_bounds {
  int32_t *y_lo, *y_hi, *j_lo, *j_hi;
} last_bounds;

static last_bounds get_last_bounds(const rp_net *net, const rp_part *part,
                                   rp_region *region) {
  const int32_t first = net->layer[net->n_layers - 1].first;
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
  const rp_stair *stair = get_last_stair(net);
  const last_bounds b = get_last_bounds(net, part, region);
  const int64_t top = rp_stair_threshold(stair, stair->hi);
  const int64_t above_bottom = rp_stair_threshold(stair, stair->lo + 1);
  RP_ASSERT(top >= above_bottom);
  switch (part->kind) {
  case 'A':
    lower_upper_end(b.y_hi, top - 1);
    raise_lower_end(b.j_lo, above_bottom);
    if (part->delta == 0) raise_lower_end(b.y_lo, above_bottom);
    break;
  case 'B':
    raise_lower_end(b.y_lo, top);
    raise_lower_end(b.j_lo, top);
    break;
  default:
    lower_upper_end(b.y_hi, above_bottom - 1);
  }
  return is_whole(&b) && rp_part_propagate(net, part, region);
}

bool rp_part_propagate(const rp_net *net, const rp_part *part,
                       rp_region *region) {
  const rp_stair *stair = get_last_stair(net);
  const last_bounds b = get_last_bounds(net, part, region);
  if (!is_whole(&b)) return false;
  if (part->kind != 'A') return true;
  const int32_t j_step = rp_stair_apply(stair, *b.y_lo) + part->delta;
  RP_ASSERT(j_step >= stair->lo && j_step <= stair->hi + 1);
  if (j_step > stair->hi) return false;
  if (j_step > stair->lo)
    raise_lower_end(b.j_lo, rp_stair_threshold(stair, j_step));
  const int32_t y_step = rp_stair_apply(stair, *b.j_hi) - part->delta;
  RP_ASSERT(y_step >= stair->lo - 1 && y_step <= stair->hi);
  if (y_step < stair->lo) return false;
  if (y_step < stair->hi)
    lower_upper_end(b.y_hi, rp_stair_threshold(stair, y_step + 1) - 1);
  return is_whole(&b);
}

bool rp_rival_wins(const rp_net *net, const int32_t *z_last, int32_t label,
                   int32_t rival) {
  const rp_stair *stair = get_last_stair(net);
  return rp_stair_apply(stair, z_last[rival]) >=
         rp_stair_apply(stair, z_last[label]) + (rival > label);
}
