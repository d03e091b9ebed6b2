/* The alternatives of a maximum: which accumulator is the greatest, or at which
 * step the greatest is. */
#include "bound/group.h"

#include <math.h>

#include "core/assert.h"

static rp_int128 get_linear_maximum(int64_t lambda, int64_t lo, int64_t hi) {
  return -(rp_int128)lambda * (lambda > 0 ? lo : hi);
}

/* The most that one accumulator gives if it is the greatest. */
static rp_int128 evaluate_greatest(const rp_corners *c, int64_t mu,
                                   int64_t lambda) {
  rp_int128 best = (rp_int128)mu * c->a[0] - (rp_int128)lambda * c->z[0];
  for (int32_t s = 1; s < c->n; s++) {
    const rp_int128 value =
        (rp_int128)mu * c->a[s] - (rp_int128)lambda * c->z[s];
    if (value > best) best = value;
  }
  return best + (rp_int128)(lambda < 0 ? -lambda : lambda) * c->slack;
}

static rp_int128 evaluate_wanted_large(const group *g, int64_t mu,
                                       const int64_t *lambda) {
  const rp_rows members = rp_block_members(g->block, g->neuron);
  rp_int128 linear = 0, most = 0; /* gain of being the greatest */
  for (int32_t n = 0; n < members.n; n++) {
    const int32_t i = members.row[n];
    const rp_int128 free =
        get_linear_maximum(lambda[i], g->z_lo[i], g->z_hi[i]);
    const rp_int128 gain =
        evaluate_greatest(&g->corner[i], mu, lambda[i]) - free;
    linear += free;
    if (n == 0 || gain > most) most = gain;
  }
  return linear + most;
}

/* The last accumulator of a step; anything above for the top step. */
static int64_t get_step_end(const rp_stair *stair, int32_t v) {
  return v < stair->hi ? rp_stair_threshold(stair, v + 1) - 1 : INT32_MAX;
}

static int64_t get_lesser(int64_t a, int64_t b) {
  return a < b ? a : b;
}

static rp_int128 evaluate_wanted_small(const group *g, int64_t mu,
                                       const int64_t *lambda) {
  const rp_rows members = rp_block_members(g->block, g->neuron);
  const rp_stair *stair = &g->block->stair[members.row[0]];
  int32_t ends[2];
  rp_block_range(g->block, g->z_lo, g->z_hi, g->neuron, ends);
  rp_int128 best = 0;
  for (int32_t v = ends[0]; v <= ends[1]; v++) {
    const int64_t end = get_step_end(stair, v);
    rp_int128 value = (rp_int128)mu * v;
    for (int32_t n = 0; n < members.n; n++) {
      const int32_t i = members.row[n];
      value += get_linear_maximum(lambda[i], g->z_lo[i],
                                  get_lesser(g->z_hi[i], end));
    }
    if (v == ends[0] || value > best) best = value;
  }
  return best;
}

rp_int128 group_evaluate_exactly(const group *g, int64_t mu,
                                 const int64_t *lambda) {
  return mu >= 0 ? evaluate_wanted_large(g, mu, lambda)
                 : evaluate_wanted_small(g, mu, lambda);
}

/* ---------------------------------------------------------- floating point */

/* Alternatives on their way to a softened maximum: sums relative to the
 * greatest value so far. */
typedef struct mixture {
  double most, smoothing, sum, a;
  double *z; /* sums of the members' z; NULL: not wanted */
  rp_rows members;
} mixture;

static double get_linear_place(double lambda, double lo, double hi) {
  return lambda > 0 ? lo : hi;
}

/* All that was mixed so far weighs `by` as much. */
static void scale(mixture *m, double by) {
  m->sum *= by;
  m->a *= by;
  for (int32_t n = 0; m->z && n < m->members.n; n++)
    m->z[m->members.row[n]] *= by;
}

/* The share of one more alternative; 0: too small to count. */
static double mix(mixture *m, double value, double a) {
  if (m->smoothing <= 0) {
    if (value <= m->most) return 0;
    scale(m, 0);
    m->most = value;
  } else if (value > m->most) {
    scale(m, exp((m->most - value) / m->smoothing)); /* of -inf: 0 */
    m->most = value;
  }
  const double share =
      m->smoothing > 0 ? exp((value - m->most) / m->smoothing) : 1;
  m->sum += share;
  m->a += share * a;
  return share;
}

static void mix_place(mixture *m, double share, int32_t i, double z) {
  if (m->z) m->z[i] += share * z;
}

static double evaluate_free(const group *g, const double *lambda, int32_t i) {
  return -lambda[i] * get_linear_place(lambda[i], g->z_lo[i], g->z_hi[i]);
}

static void mix_wanted_large(const group *g, double mu, const double *lambda,
                             mixture *m) {
  double linear = 0;
  for (int32_t n = 0; n < m->members.n; n++)
    linear += evaluate_free(g, lambda, m->members.row[n]);
  for (int32_t n = 0; n < m->members.n; n++) {
    const int32_t j = m->members.row[n];
    const rp_corners *c = &g->corner[j];
    const double rest =
        linear - evaluate_free(g, lambda, j) + fabs(lambda[j]) * c->slack;
    for (int32_t s = 0; s < c->n; s++) {
      const double share =
          mix(m, rest + mu * c->a[s] - lambda[j] * c->z[s], c->a[s]);
      if (share == 0) continue;
      for (int32_t o = 0; o < m->members.n; o++) {
        const int32_t i = m->members.row[o];
        mix_place(m, share, i,
                  i == j ? c->z[s] - copysign(c->slack, lambda[j])
                         : get_linear_place(lambda[i], g->z_lo[i], g->z_hi[i]));
      }
    }
  }
}

static void mix_wanted_small(const group *g, double mu, const double *lambda,
                             mixture *m) {
  const rp_stair *stair = &g->block->stair[m->members.row[0]];
  int32_t ends[2];
  rp_block_range(g->block, g->z_lo, g->z_hi, g->neuron, ends);
  for (int32_t v = ends[0]; v <= ends[1]; v++) {
    const int64_t end = get_step_end(stair, v);
    double value = mu * v;
    for (int32_t n = 0; n < m->members.n; n++) {
      const int32_t i = m->members.row[n];
      value -=
          lambda[i] * get_linear_place(lambda[i], g->z_lo[i],
                                       (double)get_lesser(g->z_hi[i], end));
    }
    const double share = mix(m, value, v);
    for (int32_t n = 0; share != 0 && n < m->members.n; n++) {
      const int32_t i = m->members.row[n];
      mix_place(m, share, i,
                get_linear_place(lambda[i], g->z_lo[i],
                                 (double)get_lesser(g->z_hi[i], end)));
    }
  }
}

group_means group_evaluate(const group *g, double mu, const double *lambda,
                           double smoothing, double *z) {
  mixture m = {.most = -HUGE_VAL,
               .smoothing = smoothing,
               .z = z,
               .members = rp_block_members(g->block, g->neuron)};
  for (int32_t n = 0; z && n < m.members.n; n++) z[m.members.row[n]] = 0;
  if (mu >= 0)
    mix_wanted_large(g, mu, lambda, &m);
  else
    mix_wanted_small(g, mu, lambda, &m);
  RP_ASSERT(m.sum > 0);
  const double soft = smoothing > 0 ? smoothing * log(m.sum) : 0;
  scale(&m, 1 / m.sum);
  return (group_means){m.most + soft, m.most, m.a};
}
