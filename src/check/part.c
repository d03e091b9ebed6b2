/* The parts of "the rival beats the label": their objectives, and what each
 * asks of the accumulators of both (docs/evidence.md). */
#include "check/check.h"

static const stair *get_last_stair(const net *n, int32_t variable) {
  const block *last = &n->block[n->n_blocks - 1];
  return &last->own[variable - last->first];
}

/* The greatest value of the label's output at which the rival wins with any
 * output. */
static int32_t compute_free_value(const net *n, int32_t label, int32_t rival) {
  const stair *own = n->block[n->n_blocks - 1].own;
  return own[rival].lo - (rival > label);
}

/* Whether part C of a smaller rival holds all inputs of this rival's: part C
 * asks nothing of its rival. */
static bool is_covered(const net *n, int32_t label, int32_t rival) {
  const int32_t free_value = compute_free_value(n, label, rival);
  for (int32_t i = 0; i < rival; i++)
    if (i != label && compute_free_value(n, label, i) >= free_value)
      return true;
  return false;
}

/* The three parts of "j beats y", by the value v of y.
 * A: v is below the top step, and j does not win with any output. Then c_j z_j
 * - c_y z_y is at least the least difference between a z of step v + delta and
 *    a z of step v.
 * B: v is the top step; j has to reach it, or the one above.
 * C: v is so low that j wins with any output. */
int32_t rp_check_make_parts(const net *n, int32_t label, int32_t rival,
                            part p[3]) {
  const int32_t first = n->block[n->n_blocks - 1].first, delta = rival > label;
  const int32_t y = first + label, j = first + rival;
  const stair *sy = get_last_stair(n, y), *sj = get_last_stair(n, j);
  const int32_t at_least = sj->lo - delta + 1, top = sy->hi + delta;
  const bool may_win = at_least <= sy->hi; /* the label */
  const part all[3] = {
      {y, j, delta, 'A', 1, 1, 0, false},
      {y, j, delta, 'B', 0, 1, rp_check_threshold(sj, top), false},
      {y, j, delta, 'C', may_win, 0,
       may_win ? 1 - rp_check_threshold(sy, at_least) : 0, false}};
  const bool is_one[3] = {
      (at_least > sy->lo ? at_least : sy->lo) <
          (sj->hi - delta + 1 < sy->hi ? sj->hi - delta + 1 : sy->hi),
      sj->lo < top && top <= sj->hi,
      sy->lo < at_least && !is_covered(n, label, rival)};
  int32_t count = 0;
  for (int k = 0; k < 3; k++)
    if (is_one[k]) p[count++] = all[k];
  if (is_one[0]) rp_check_weigh_part(n, 1, 1, &p[0]);
  return count;
}

/* If all steps are equally long, the difference is linear in v, so that the
 * ends suffice. A table has at most MOST_STEPS steps. */
void rp_check_weigh_part(const net *n, int64_t c_y, int64_t c_j, part *p) {
  const stair *y = get_last_stair(n, p->y), *j = get_last_stair(n, p->j);
  const int64_t above = (int64_t)j->lo - p->delta + 1,
                below = (int64_t)j->hi - p->delta;
  const int64_t first = above > y->lo ? above : y->lo;
  const int64_t last = below < y->hi - 1 ? below : y->hi - 1;
  const bool is_linear = !y->threshold && !j->threshold;
  p->c_y = c_y;
  p->c_j = c_j;
  for (int64_t v = first; v <= last; v++) {
    const wide least = (wide)c_j * rp_check_threshold(j, v + p->delta) -
                       (wide)c_y * (rp_check_threshold(y, v + 1) - 1);
    if (v == first || least < p->threshold) p->threshold = least;
    if (is_linear && v < last) v = last - 1;
  }
}

/* Cut the region by the bounds of the part, and by sigma(z_j) >= sigma(z_y) +
 * delta at the ends of both intervals. */
static bool restrict_to_part(const net *n, const part *p, region *r) {
  const stair *y = get_last_stair(n, p->y), *j = get_last_stair(n, p->j);
  const int64_t top = rp_check_threshold(y, y->hi),
                above = rp_check_threshold(y, (int64_t)j->lo - p->delta + 1);
  if (p->kind == 'C') return rp_check_cut(n, r, p->y, -ACC_LIMIT, above - 1);
  if (p->kind == 'B')
    return rp_check_cut(n, r, p->y, top, ACC_LIMIT) &&
           rp_check_cut(n, r, p->j,
                        rp_check_threshold(j, (int64_t)y->hi + p->delta),
                        ACC_LIMIT);
  if (!rp_check_cut(n, r, p->y, above, top - 1)) return false;
  const int64_t least = rp_check_apply_stair(y, r->lo[p->y]) + p->delta;
  if (!rp_check_cut(n, r, p->j, rp_check_threshold(j, least), ACC_LIMIT))
    return false;
  const int64_t most = rp_check_apply_stair(j, r->hi[p->j]) - p->delta;
  return rp_check_cut(n, r, p->y, -ACC_LIMIT,
                      rp_check_threshold(y, most + 1) - 1);
}

bool rp_check_settle(const net *n, const part *p, region *r) {
  return rp_check_propagate(n, r, n->n_blocks - 1) &&
         (!p || restrict_to_part(n, p, r));
}
