/* Prints from which class to which inputs can be changed, where every class was
 * asked about: a table of labels and targets, or a list if there are many. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/compare.h"
#include "core/memory.h"
#include "show/digest.h"
#include "show/table.h"

enum { MOST_COLUMNS = 16, MOST_LINES = 20, CELL = 24 };

/* What is known about all samples of a label and one target. */
typedef struct cell {
  int32_t label, target;
  int64_t asked, fooled, undecided;
  int32_t nearest; /* distance of the nearest counterexample; 0: none */
} cell;

typedef struct cells {
  cell *at; /* [n], by label and target */
  int64_t n;
} cells;

static int compare_cells(const void *left, const void *right) {
  const cell *a = left, *b = right;
  const int order = rp_compare_numbers(a->label, b->label);
  return order ? order : rp_compare_numbers(a->target, b->target);
}

/* The most fooled first. */
static int compare_counts(const void *left, const void *right) {
  const cell *a = left, *b = right;
  int order = rp_compare_numbers(b->fooled, a->fooled);
  if (!order) order = rp_compare_numbers(a->nearest, b->nearest);
  return order ? order : compare_cells(left, right);
}

static cell make_cell(const rp_digest_sample *s, int32_t last_radius) {
  cell c = {.label = s->label, .target = s->target, .asked = 1};
  if (s->violated) {
    c.fooled = 1;
    c.nearest = s->hi + 1;
  } else {
    c.undecided = !s->asked || s->lo < last_radius;
  }
  return c;
}

static void join(cell *to, const cell *c) {
  to->asked += c->asked;
  to->fooled += c->fooled;
  to->undecided += c->undecided;
  if (c->nearest > 0 && (to->nearest == 0 || c->nearest < to->nearest))
    to->nearest = c->nearest;
}

/* The greatest radius that was asked of all pairs. */
static int32_t find_last_radius(const rp_results *r) {
  int32_t last = r->n_radii > 0 ? r->provenance.radius_cap : 0;
  for (int64_t i = 0; i < r->n_queries; i++)
    if (r->query[i].radius > last) last = r->query[i].radius;
  return last;
}

/* False: no memory. */
static bool collect(const rp_results *r, const rp_digest *d, cells *all) {
  const int32_t last_radius = find_last_radius(r);
  all->at = rp_alloc((size_t)d->n_samples, sizeof *all->at);
  if (!all->at) return false;
  for (int64_t k = 0; k < d->n_samples; k++)
    if (d->sample[k].valid && d->sample[k].lo >= 0)
      all->at[all->n++] = make_cell(&d->sample[k], last_radius);
  if (all->n > 1)
    qsort(all->at, (size_t)all->n, sizeof *all->at, compare_cells);
  int64_t kept = 0;
  for (int64_t i = 0; i < all->n; i++)
    if (kept > 0 && !compare_cells(&all->at[kept - 1], &all->at[i]))
      join(&all->at[kept - 1], &all->at[i]);
    else
      all->at[kept++] = all->at[i];
  all->n = kept;
  return true;
}

static void describe(const cell *c, char text[CELL]) {
  if (c->fooled > 0)
    snprintf(text, CELL, "%" PRId64 "@%d", c->fooled, c->nearest);
  else
    snprintf(text, CELL, "%s", c->undecided > 0 ? "?" : ".");
}

static int find_width(const cells *all) {
  int width = 2;
  for (int64_t i = 0; i < all->n; i++) {
    char text[CELL];
    describe(&all->at[i], text);
    if ((int)strlen(text) > width) width = (int)strlen(text);
  }
  return width + 1;
}

/* The first cell of its kind says how to read the others. */
static void explain(FILE *out, const cells *all) {
  for (int64_t i = 0; i < all->n; i++) {
    const cell *const c = &all->at[i];
    char text[CELL];
    if (c->fooled == 0) continue;
    describe(c, text);
    fprintf(out,
            "%s, label %d, target %d: of %" PRId64 " sample%s %" PRId64
            " can become the target, the nearest at "
            "distance %d\n",
            text, c->label, c->target, c->asked, c->asked == 1 ? "" : "s",
            c->fooled, c->nearest);
    break;
  }
  fputs(".: none can; ?: none is known to, some are undecided\n", out);
}

static void print_table(FILE *out, const cells *all, int32_t targets) {
  const int width = find_width(all);
  fprintf(out, "%6s %8s", "label", "samples");
  for (int32_t t = 0; t < targets; t++) fprintf(out, "%*d", width, t);
  fputc('\n', out);
  for (int64_t i = 0; i < all->n;) {
    const int32_t label = all->at[i].label;
    fprintf(out, "%6d %8" PRId64, label, all->at[i].asked);
    for (int32_t t = 0; t < targets; t++) {
      char text[CELL] = "";
      if (i < all->n && all->at[i].label == label && all->at[i].target == t)
        describe(&all->at[i++], text);
      fprintf(out, "%*s", width, t == label ? "-" : text);
    }
    fputc('\n', out);
  }
  explain(out, all);
}

static void print_list(FILE *out, const cells *all) {
  qsort(all->at, (size_t)all->n, sizeof *all->at, compare_counts);
  fprintf(out, "%6s %7s %8s %8s %9s %8s\n", "label", "target", "samples",
          "fooled", "undecided", "nearest");
  int64_t i = 0;
  for (; i < all->n && i < MOST_LINES && all->at[i].fooled > 0; i++) {
    const cell *const c = &all->at[i];
    fprintf(out, "%6d %7d %8" PRId64 " %8" PRId64 " %9" PRId64 " %8d\n",
            c->label, c->target, c->asked, c->fooled, c->undecided, c->nearest);
  }
  if (i < all->n)
    fprintf(out, "... and %" PRId64 " more pairs of classes\n", all->n - i);
}

void rp_show_pairs(FILE *out, const rp_results *results) {
  const int32_t targets = results->provenance.targets;
  rp_digest *digest = NULL;
  cells all = {NULL, 0};
  rp_error err;
  if (targets == 0 || results->provenance.patch > 0) return;
  if (rp_digest_create(results, NULL, &digest, &err) != RP_OK ||
      !collect(results, digest, &all)) {
    fputs("from class to class: out of memory\n\n", out);
  } else if (all.n > 0) {
    fputs("from class to class\n", out);
    if (targets <= MOST_COLUMNS)
      print_table(out, &all, targets);
    else
      print_list(out, &all);
    fputc('\n', out);
  }
  free(all.at);
  rp_digest_free(digest);
}
