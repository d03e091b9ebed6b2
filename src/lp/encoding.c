/* The integer linear encoding of a network over a region, by its hulls.
 *
 * Source: Zhang et al., QVIP (ASE 2022), with one change that makes it small:
 * instead of one binary for each value of a neuron, a staircase is given by
 * the facets of its convex hull over the current interval, and the search
 * branches on its thresholds. */
#include "lp/hull.h"

#include <math.h>
#include <stdlib.h>

#include "core/assert.h"
#include "core/memory.h"

int32_t rp_encoding_x(const rp_net *net, int32_t input) {
  (void)net;
  return input;
}

int32_t rp_encoding_z(const rp_net *net, int32_t acc) {
  return net->n_in + acc;
}

int32_t rp_encoding_a(const rp_net *net, int32_t acc) {
  return net->n_in + net->n_acc + acc;
}

int32_t rp_encoding_slack(const rp_net *net, int32_t acc) {
  return net->n_in + 2 * net->n_acc + 2 * acc;
}

/* The line through two corners as a facet that keeps points below it. */
static rp_facet make_facet_above(int64_t z0, int64_t a0, int64_t z1,
                                 int64_t a1) {
  const int64_t run = z1 - z0, rise = a1 - a0;
  return (rp_facet){run, -rise, run * a0 - rise * z0};
}

static rp_facet make_facet_below(int64_t z0, int64_t a0, int64_t z1,
                                 int64_t a1) {
  const rp_facet above = make_facet_above(z0, a0, z1, a1);
  return (rp_facet){-above.weight_a, -above.weight_z, -above.right};
}

typedef struct point {
  int64_t z, a;
} point;

/* Is the corner b on or below (side 1), on or above (side -1) the line a-c? */
static bool is_inside(point a, point b, point c, int side) {
  const __int128 cross =
      (__int128)(c.z - a.z) * (b.a - a.a) - (__int128)(b.z - a.z) * (c.a - a.a);
  return side * cross <= 0;
}

/* Upper (side 1) or lower (side -1) chain of points with ascending z. */
static int32_t build_chain(const point *points, int32_t n, int side,
                           point *kept) {
  int32_t count = 0;
  for (int32_t i = 0; i < n; i++) {
    while (count >= 2 &&
           is_inside(kept[count - 2], kept[count - 1], points[i], side))
      count--;
    kept[count++] = points[i];
  }
  return count;
}

int32_t rp_facets_of(const rp_stair *stair, int32_t lo, int32_t hi,
                     rp_facet facets[RP_FACETS]) {
  rp_corners corners;
  rp_stair_find_corners(stair, lo, hi, &corners);
  if (corners.a[0] == corners.a[corners.n - 1]) return 0;
  point points[RP_MAX_CORNERS], kept[RP_MAX_CORNERS];
  int32_t n = 0;
  for (int32_t s = 0; s < corners.n; s++)
    if (n == 0 || corners.z[s] > points[n - 1].z ||
        corners.a[s] != points[n - 1].a)
      points[n++] = (point){corners.z[s], corners.a[s]};
  int32_t count = 0;
  const int32_t above = build_chain(points, n, 1, kept);
  RP_ASSERT(above >= 2);
  for (int32_t s = 0; s + 1 < above; s++)
    facets[count++] =
        make_facet_above(kept[s].z, kept[s].a, kept[s + 1].z, kept[s + 1].a);
  const int32_t below = build_chain(points, n, -1, kept);
  RP_ASSERT(below >= 2 && count <= RP_FACETS / 2);
  for (int32_t s = 0; s + 1 < below; s++)
    facets[count++] =
        make_facet_below(kept[s].z, kept[s].a, kept[s + 1].z, kept[s + 1].a);
  return count;
}

void rp_encoding_free(rp_encoding *encoding) {
  if (!encoding) return;
  free(encoding->start);
  free(encoding->col);
  free(encoding->value);
  free(encoding->row_lo);
  free(encoding->row_hi);
  free(encoding->col_lo);
  free(encoding->col_hi);
  free(encoding);
}

/* Entries of an accumulator's row: z, two slacks and the layer below. */
static int32_t count_row_entries(const rp_net *net, int32_t layer) {
  return 3 + net->layer[layer].n_in;
}

static rp_status allocate(const rp_net *net, int32_t last,
                          rp_encoding *encoding) {
  const int32_t n_acc = net->n_acc;
  encoding->last = last;
  encoding->first_facet = rp_layer_end(&net->layer[last]);
  encoding->n_rows = encoding->first_facet + RP_FACETS * net->layer[last].first;
  encoding->n_cols = net->n_in + 4 * n_acc;
  const size_t rows = (size_t)encoding->n_rows;
  const size_t cols = (size_t)encoding->n_cols;
  encoding->start = rp_alloc(rows + 1, sizeof *encoding->start);
  encoding->row_lo = rp_alloc(rows, sizeof *encoding->row_lo);
  encoding->row_hi = rp_alloc(rows, sizeof *encoding->row_hi);
  encoding->col_lo = rp_alloc(cols, sizeof *encoding->col_lo);
  encoding->col_hi = rp_alloc(cols, sizeof *encoding->col_hi);
  if (!encoding->start || !encoding->row_lo || !encoding->row_hi ||
      !encoding->col_lo || !encoding->col_hi)
    return RP_E_MEMORY;
  int32_t row = 0;
  for (int32_t k = 0; k <= last; k++)
    for (int32_t i = 0; i < net->layer[k].n_out; i++, row++)
      encoding->start[row + 1] =
          encoding->start[row] + count_row_entries(net, k);
  for (; row < encoding->n_rows; row++)
    encoding->start[row + 1] = encoding->start[row] + 2;
  const size_t entries = (size_t)encoding->start[encoding->n_rows];
  encoding->col = rp_alloc(entries, sizeof *encoding->col);
  encoding->value = rp_alloc(entries, sizeof *encoding->value);
  return encoding->col && encoding->value ? RP_OK : RP_E_MEMORY;
}

static void put(rp_encoding *encoding, int32_t *at, int32_t col, double value) {
  encoding->col[*at] = col;
  encoding->value[*at] = value;
  ++*at;
}

/* z + s+ - s- - W a = b */
static void fill_accumulator(const rp_net *net, int32_t k, int32_t i,
                             int32_t acc, rp_encoding *encoding) {
  const rp_layer *layer = &net->layer[k];
  const int32_t below = acc - i - layer->n_in; /* first accumulator below */
  int32_t at = encoding->start[acc];
  put(encoding, &at, rp_encoding_z(net, acc), 1);
  put(encoding, &at, rp_encoding_slack(net, acc), 1);
  put(encoding, &at, rp_encoding_slack(net, acc) + 1, -1);
  for (int32_t m = 0; m < layer->n_in; m++)
    put(encoding, &at,
        k == 0 ? rp_encoding_x(net, m) : rp_encoding_a(net, below + m),
        -(double)rp_op_weight(layer->op, i, m));
  encoding->row_lo[acc] = encoding->row_hi[acc] = layer->bias[i];
  RP_ASSERT(at == encoding->start[acc + 1]);
  const int32_t slack = rp_encoding_slack(net, acc);
  encoding->col_hi[slack] = encoding->col_hi[slack + 1] = HUGE_VAL;
}

static void fill_facets(const rp_net *net, const rp_stair *stair, int32_t acc,
                        const rp_region *region, rp_encoding *encoding) {
  rp_facet facets[RP_FACETS];
  const int32_t n =
      rp_facets_of(stair, region->z_lo[acc], region->z_hi[acc], facets);
  for (int32_t f = 0; f < RP_FACETS; f++) {
    const int32_t row = encoding->first_facet + RP_FACETS * acc + f;
    int32_t at = encoding->start[row];
    const double scale = f < n ? fabs((double)facets[f].weight_a) : 1;
    put(encoding, &at, rp_encoding_a(net, acc),
        f < n ? (double)facets[f].weight_a / scale : 0);
    put(encoding, &at, rp_encoding_z(net, acc),
        f < n ? (double)facets[f].weight_z / scale : 0);
    encoding->row_lo[row] = -HUGE_VAL;
    RP_ASSERT(scale > 0 && at == encoding->start[row + 1]);
    encoding->row_hi[row] = f < n ? (double)facets[f].right / scale : HUGE_VAL;
  }
}

void rp_encoding_bound(const rp_net *net, const rp_region *region, int32_t k,
                       int32_t i, rp_encoding *encoding) {
  const rp_stair *stair = &net->layer[k].stair[i];
  const int32_t acc = net->layer[k].first + i;
  const int32_t z = rp_encoding_z(net, acc), a = rp_encoding_a(net, acc);
  encoding->col_lo[z] = region->z_lo[acc];
  encoding->col_hi[z] = region->z_hi[acc];
  encoding->col_lo[a] = rp_stair_apply(stair, region->z_lo[acc]);
  encoding->col_hi[a] = rp_stair_apply(stair, region->z_hi[acc]);
  if (k < encoding->last) fill_facets(net, stair, acc, region, encoding);
}

rp_status rp_encoding_build(const rp_net *net, const rp_region *region,
                            int32_t last, int32_t threads,
                            rp_encoding **encoding) {
  rp_encoding *e = rp_alloc(1, sizeof *e);
  if (!e) return RP_E_MEMORY;
  if (allocate(net, last, e) != RP_OK) {
    rp_encoding_free(e);
    return RP_E_MEMORY;
  }
  for (int32_t p = 0; p < net->n_in; p++) {
    e->col_lo[rp_encoding_x(net, p)] = region->x_lo[p];
    e->col_hi[rp_encoding_x(net, p)] = region->x_hi[p];
  }
  for (int32_t k = 0, first = 0; k <= last; first += net->layer[k++].n_out) {
    const int32_t n = net->layer[k].n_out;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int32_t i = 0; i < n; i++) {
      fill_accumulator(net, k, i, first + i, e);
      rp_encoding_bound(net, region, k, i, e);
    }
  }
  *encoding = e;
  return RP_OK;
}
