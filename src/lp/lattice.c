/* Lattice points near the Chebyshev-like centre of a box.
 *
 * Optimal multipliers of that program turn its depth D into a budget. Every
 * integer point inside spends it: |nu_p| for each unit that input p moves from
 * the end of its box, |lambda_i| for each unit that accumulator i is away from
 * the end of its interval; together exactly D. Inputs that the optimum leaves
 * between their ends move for free. So the inputs that move are the free ones
 * and some of the cheapest, and how far is known in distribution: the most
 * random one that spends D in the mean is geometric, with one rate for all.
 *
 * Its means and deviations give a target and a scale, moves of single inputs
 * span a lattice in scaled inputs and accumulators, and points inside are those
 * close to the target. The basis is reduced (Lenstra, Lenstra, Lovasz 1982),
 * points are drawn by rounding to the nearest plane after plane with some noise
 * (Babai 1986; Klein 2000).
 *
 * What was tried instead: results/BENCHMARKS.md, what did not help. */
#include "lp/lattice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/memory.h"
#include "core/rng.h"
#include "core/vector.h"
#include "net/op_dense.h"

enum {
  MOST = 128,       /* at most so many inputs move, and so many rows count */
  BESIDE = 20,      /* inputs that move besides the free ones, at least */
  BESIDE_MORE = 40, /* a random number below this is added, since sometimes */
                    /* a small set of inputs holds a point, sometimes a large */
  HALVINGS = 40,    /* of the range of rates */
  MOST_SWAPS = 50000 /* in a reduction; thousands are usual */
};

static const double LEAST_DEVIATION = 0.6, NOISE = 0.3, LOVASZ = 0.99;

/* What an input or an accumulator is to do, counted from its end. */
typedef struct spread {
  double mean, deviation;
} spread;

struct rp_lattice {
  const rp_net *net;
  rp_rng rng;
  double *cost;  /* [n_in] of moving by one */
  double *start; /* [n_in] the Chebyshev-like centre, rounded */
  const rp_region *region;
  int32_t n, d; /* vectors, coordinates */
  int32_t n_rows;
  int32_t input[MOST], row[MOST];
  double target[2 * MOST];
  double vector[MOST][2 * MOST], orthogonal[MOST][2 * MOST];
  double move[MOST][MOST]; /* of the inputs, by a vector: whole numbers */
  double mu[MOST][MOST], norm[MOST]; /* Gram and Schmidt; squared norms */
  double aim[MOST];                  /* the target in their terms */
};

rp_status rp_lattice_create(const rp_net *net, uint64_t seed,
                            rp_lattice **lattice) {
  rp_lattice *l = rp_alloc(1, sizeof *l);
  if (!l) return RP_E_MEMORY;
  l->net = net;
  rp_rng_init(&l->rng, seed);
  l->cost = rp_alloc((size_t)net->n_in, sizeof *l->cost);
  l->start = rp_alloc((size_t)net->n_in, sizeof *l->start);
  if (!l->cost || !l->start) {
    rp_lattice_free(l);
    return RP_E_MEMORY;
  }
  *lattice = l;
  return RP_OK;
}

void rp_lattice_free(rp_lattice *lattice) {
  if (!lattice) return;
  free(lattice->cost);
  free(lattice->start);
  free(lattice);
}

/* ------------------------------------------------------ what is to be moved */

static const int16_t *get_weights(rp_lattice *l, int32_t row) {
  return rp_op_dense_row(l->net->block[0].term[0].op, row);
}

static void choose_rows(rp_lattice *l, const rp_relaxation *relaxation) {
  l->n_rows = 0;
  for (int32_t i = 0; i < l->net->block[0].n_out && l->n_rows < MOST; i++)
    if (fabs(relaxation->lambda[i]) > 1e-9) l->row[l->n_rows++] = i;
}

static double get_relaxed_value(const rp_region *region, int32_t input,
                                const rp_relaxation *relaxation) {
  return fmax(region->x_lo[input],
              fmin(region->x_hi[input], relaxation->x[input])); /* NaN: hi */
}

/* Prices of all inputs; returns how many are free. */
static int32_t price_inputs(rp_lattice *l, const rp_relaxation *relaxation) {
  const rp_region *region = l->region;
  memset(l->cost, 0, (size_t)l->net->n_in * sizeof *l->cost);
  const rp_op *op = l->net->block[0].term[0].op;
  op->kind->transpose(op, (rp_rows){l->n_rows, l->row}, relaxation->lambda,
                      l->cost);
  int32_t n_free = 0;
  for (int32_t p = 0; p < l->net->n_in; p++) {
    const double x = get_relaxed_value(region, p, relaxation);
    l->start[p] = rint(x);
    const bool is_free =
        x > region->x_lo[p] + 1e-6 && x < region->x_hi[p] - 1e-6;
    l->cost[p] = is_free ? 0 : fabs(l->cost[p]) + 1e-9;
    n_free += l->cost[p] == 0;
  }
  return n_free;
}

/* The cheapest inputs, in rising order. */
static void choose_inputs(rp_lattice *l, int32_t most) {
  l->n = 0;
  for (int32_t p = 0; p < l->net->n_in; p++) {
    if (l->region->x_lo[p] == l->region->x_hi[p]) continue;
    if (l->n == most) {
      if (l->cost[l->input[l->n - 1]] <= l->cost[p]) continue;
      l->n--;
    }
    int32_t at = l->n++;
    RP_ASSERT(l->n <= most);
    for (; at > 0 && l->cost[l->input[at - 1]] > l->cost[p]; at--)
      l->input[at] = l->input[at - 1];
    l->input[at] = p;
  }
}

/* Geometric: each further unit is exp(-rate cost) times as likely. */
static spread compute_spread(double rate, double cost, double width) {
  const double less = expm1(fmin(rate * cost, 500));
  RP_ASSERT(less > 0);
  return (spread){fmin(1 / less, width / 2),
                  fmin(sqrt(1 + less) / less, width / 3)};
}

static double get_width(const rp_lattice *l, int32_t input) {
  return (double)l->region->x_hi[input] - l->region->x_lo[input];
}

/* The rate that spends so much in the mean. */
static double find_rate_that_spends(const rp_lattice *l, const double *lambda,
                                    double depth) {
  RP_ASSERT(depth > 0);
  double low = log(1e-3 / depth), high = log(1e4 / depth);
  for (int32_t i = 0; i < HALVINGS; i++) {
    const double middle = (low + high) / 2, rate = exp(middle);
    double spent = 0;
    for (int32_t m = 0; m < l->n; m++) {
      const double cost = l->cost[l->input[m]];
      if (cost > 0)
        spent +=
            cost * compute_spread(rate, cost, get_width(l, l->input[m])).mean;
    }
    for (int32_t r = 0; r < l->n_rows; r++) {
      const double cost = fabs(lambda[l->row[r]]);
      spent += cost * compute_spread(rate, cost, HUGE_VAL).mean;
    }
    if (spent > depth)
      low = middle;
    else
      high = middle;
  }
  return exp(low);
}

/* ------------------------------------------------------------ the lattice */

/* Where an accumulator stands without the inputs that move. */
static double compute_row_rest(const rp_lattice *l, int32_t row,
                               const int16_t *w) {
  double z = l->net->block[0].bias[row];
  for (int32_t p = 0; p < l->net->n_in; p++) z += w[p] * l->start[p];
  for (int32_t m = 0; m < l->n; m++)
    z -= w[l->input[m]] * l->start[l->input[m]];
  return z;
}

static void place_row(rp_lattice *l, int32_t r, double lambda, double rate) {
  const int32_t i = l->row[r];
  const int16_t *w = get_weights(l, i);
  const spread s = compute_spread(rate, fabs(lambda), HUGE_VAL);
  const double unit = fmax(s.deviation, LEAST_DEVIATION);
  const double z =
      lambda > 0 ? l->region->z_lo[i] + s.mean : l->region->z_hi[i] - s.mean;
  for (int32_t m = 0; m < l->n; m++)
    l->vector[m][l->n + r] = w[l->input[m]] / unit;
  l->target[l->n + r] = (z - compute_row_rest(l, i, w)) / unit;
}

static void place_input(rp_lattice *l, int32_t m, double x, double rate) {
  const int32_t p = l->input[m];
  const double width = get_width(l, p);
  double unit = fmax(1, width / 4), at = x;
  if (l->cost[p] > 0) {
    const spread s = compute_spread(rate, l->cost[p], width);
    unit = fmax(s.deviation, LEAST_DEVIATION);
    at += l->start[p] > l->region->x_lo[p] ? -s.mean : s.mean;
  }
  memset(l->vector[m], 0, sizeof l->vector[m]);
  memset(l->move[m], 0, sizeof l->move[m]);
  l->vector[m][m] = 1 / unit;
  l->target[m] = at / unit;
  l->move[m][m] = 1;
}

static void place_all(rp_lattice *l, const rp_relaxation *relaxation) {
  const double depth = fmax(relaxation->value, 1e-6);
  const double rate = find_rate_that_spends(l, relaxation->lambda, depth);
  for (int32_t m = 0; m < l->n; m++)
    place_input(l, m, get_relaxed_value(l->region, l->input[m], relaxation),
                rate);
  for (int32_t r = 0; r < l->n_rows; r++)
    place_row(l, r, relaxation->lambda[l->row[r]], rate);
  l->d = l->n + l->n_rows;
  RP_ASSERT(l->n > 0 && l->n <= MOST);
  RP_ASSERT(l->n_rows > 0 && l->n_rows <= MOST);
}

RP_VECTOR_CLONES
static double compute_dot_product(const double *a, const double *b, int32_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int32_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

RP_VECTOR_CLONES
static void add(double *to, double factor, const double *what, int32_t n) {
  for (int32_t i = 0; i < n; i++) to[i] += factor * what[i];
}

/* ----------------------------------------------------------- the reduction */

static bool orthogonalize(rp_lattice *l) {
  for (int32_t i = 0; i < l->n; i++) {
    memcpy(l->orthogonal[i], l->vector[i], sizeof l->vector[i]);
    for (int32_t j = 0; j < i; j++) {
      l->mu[i][j] = compute_dot_product(l->vector[i], l->orthogonal[j], l->d) /
                    l->norm[j];
      add(l->orthogonal[i], -l->mu[i][j], l->orthogonal[j], l->d);
    }
    l->norm[i] = compute_dot_product(l->orthogonal[i], l->orthogonal[i], l->d);
    if (!(l->norm[i] > 1e-12 && l->norm[i] < 1e12)) return false;
  }
  return true;
}

/* Vector k less multiples of those before it. */
static void shorten(rp_lattice *l, int32_t k) {
  for (int32_t j = k - 1; j >= 0; j--) {
    const double q = rint(l->mu[k][j]);
    if (q == 0) continue;
    add(l->vector[k], -q, l->vector[j], l->d);
    add(l->move[k], -q, l->move[j], l->n);
    add(l->mu[k], -q, l->mu[j], j);
    l->mu[k][j] -= q;
  }
}

static void swap(double *a, double *b, int32_t n) {
  for (int32_t i = 0; i < n; i++) {
    const double kept = a[i];
    a[i] = b[i];
    b[i] = kept;
  }
}

/* Vectors k - 1 and k change places. */
static void swap_with_last(rp_lattice *l, int32_t k) {
  const double m = l->mu[k][k - 1];
  const double norm = l->norm[k] + m * m * l->norm[k - 1];
  const double back = m * l->norm[k - 1] / norm;
  l->norm[k] *= l->norm[k - 1] / norm;
  l->norm[k - 1] = norm;
  swap(l->vector[k], l->vector[k - 1], l->d);
  swap(l->move[k], l->move[k - 1], l->n);
  swap(l->mu[k], l->mu[k - 1], k - 1);
  l->mu[k][k - 1] = back;
  for (int32_t i = k + 1; i < l->n; i++) {
    const double at_k = l->mu[i][k];
    l->mu[i][k] = l->mu[i][k - 1] - m * at_k;
    l->mu[i][k - 1] = at_k + back * l->mu[i][k];
  }
}

static bool reduce(rp_lattice *l) {
  if (!orthogonalize(l)) return false;
  int32_t swaps = 0;
  for (int32_t k = 1; k < l->n;) {
    shorten(l, k);
    const double m = l->mu[k][k - 1];
    if (l->norm[k] >= (LOVASZ - m * m) * l->norm[k - 1]) {
      k++;
      continue;
    }
    if (swaps++ == MOST_SWAPS) return false;
    swap_with_last(l, k);
    if (k > 1) k--;
  }
  return orthogonalize(l); /* without what rounding has added up */
}

bool rp_lattice_reduce(rp_lattice *lattice, const rp_region *region,
                       const rp_relaxation *relaxation) {
  rp_lattice *l = lattice;
  l->region = region;
  choose_rows(l, relaxation);
  const int32_t n_free = price_inputs(l, relaxation);
  const int32_t n_moved =
      n_free + BESIDE + (int32_t)rp_rng_below(&l->rng, BESIDE_MORE);
  choose_inputs(l, n_moved < MOST ? n_moved : MOST);
  if (l->n == 0 || l->n_rows == 0) return false;
  place_all(l, relaxation);
  if (!reduce(l)) return false;
  for (int32_t i = 0; i < l->n; i++)
    l->aim[i] =
        compute_dot_product(l->target, l->orthogonal[i], l->d) / l->norm[i];
  return true;
}

/* ------------------------------------------------------------- its points */

/* Nearly normal, from four uniform parts of one number. */
static double draw_noise(rp_rng *rng) {
  const uint64_t bits = rp_rng_u64(rng);
  const double sum = (double)(bits & 0xffff) + (double)(bits >> 16 & 0xffff) +
                     (double)(bits >> 32 & 0xffff) + (double)(bits >> 48);
  return (sum / 65536 - 2) * 1.7320508;
}

/* The inputs that move, at a point near the target. */
RP_VECTOR_CLONES
static void draw_moves(rp_lattice *l, double *x) {
  double left[MOST];
  memcpy(left, l->aim, (size_t)l->n * sizeof *left);
  memset(x, 0, (size_t)l->n * sizeof *x);
  for (int32_t i = l->n - 1; i >= 0; i--) {
    const double q =
        rint(left[i] + NOISE * draw_noise(&l->rng) / sqrt(l->norm[i]));
    for (int32_t j = 0; j < i; j++) left[j] -= q * l->mu[i][j];
    for (int32_t m = 0; m < l->n; m++) x[m] += q * l->move[i][m];
  }
}

bool rp_lattice_draw(rp_lattice *lattice, uint8_t *point) {
  const rp_lattice *l = lattice;
  double x[MOST];
  draw_moves(lattice, x);
  for (int32_t m = 0; m < l->n; m++)
    if (!(x[m] >= l->region->x_lo[l->input[m]] &&
          x[m] <= l->region->x_hi[l->input[m]]))
      return false;
  for (int32_t p = 0; p < l->net->n_in; p++) point[p] = (uint8_t)l->start[p];
  for (int32_t m = 0; m < l->n; m++) point[l->input[m]] = (uint8_t)x[m];
  return true;
}
