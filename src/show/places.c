/* Prints what a patch can do at any of its places, where rows are about samples
 * and places: a line for each sample. */
#include <inttypes.h>
#include <stdio.h>

#include "show/digest.h"
#include "show/table.h"

enum { MOST_LINES = 20 };

/* What is known about all places of one sample. */
typedef struct line {
  int64_t sample, robust, violated, places;
  int32_t label, lo, hi; /* robust up to lo anywhere, violated from hi + 1 on */
  bool misclassified;
} line;

/* Join the pairs of a sample, from `at` on. Returns where the next begins. */
static int64_t join_places(const rp_digest *d, int64_t at, line *l) {
  const int64_t sample = d->sample[at].sample;
  *l = (line){.sample = sample,
              .label = d->sample[at].label,
              .lo = INT32_MAX,
              .hi = INT32_MAX};
  for (; at < d->n_samples && d->sample[at].sample == sample; at++) {
    const rp_digest_sample *const s = &d->sample[at];
    const int32_t lo = s->asked && s->lo > 0 ? s->lo : 0;
    l->places++;
    l->misclassified = l->misclassified || (s->asked && s->lo < 0);
    l->robust += !s->violated && lo > 0;
    l->violated += s->violated;
    if (lo < l->lo) l->lo = lo;
    if (s->violated && s->hi < l->hi) l->hi = s->hi;
  }
  return at;
}

static void print_line(FILE *out, const line *l) {
  char lo[16] = "", hi[16] = "";
  if (!l->misclassified) snprintf(lo, sizeof lo, "%d", l->lo);
  if (l->violated > 0) snprintf(hi, sizeof hi, "%d", l->hi + 1);
  fprintf(out, "%8" PRId64 " %5d %11s %13s %12" PRId64 " %14" PRId64 "%s\n",
          l->sample, l->label, lo, hi, l->robust, l->violated,
          l->misclassified ? "  misclassified" : "");
}

void rp_show_places(FILE *out, const rp_results *results) {
  const rp_provenance *const p = &results->provenance;
  rp_digest *d = NULL;
  rp_error err;
  if (p->patch == 0) return;
  if (rp_digest_create(results, NULL, &d, &err) != RP_OK) {
    fputs("any patch: out of memory\n\n", out);
    return;
  }
  fprintf(out,
          "any patch of %d x %d, at %d places\n"
          "  sample label robust up to violated from robust places "
          "violated places\n",
          p->patch, p->patch, p->targets);
  int64_t at = 0, left = 0;
  for (int64_t n = 0; at < d->n_samples; n++) {
    line l;
    at = join_places(d, at, &l);
    if (n < MOST_LINES)
      print_line(out, &l);
    else
      left++;
  }
  if (left > 0) fprintf(out, "... and %" PRId64 " more samples\n", left);
  fputc('\n', out);
  rp_digest_free(d);
}
