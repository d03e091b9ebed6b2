/* Prints the certified accuracy at each radius, as the interval that the
 * undecided samples leave. */
#include <inttypes.h>

#include "core/number.h"
#include "show/digest.h"
#include "show/table.h"

typedef struct counts {
  int64_t certified, undecided, violated;
} counts;

static counts get_counts(const rp_digest_curve *curve, int32_t radius) {
  return (counts){curve->certified[radius], curve->undecided[radius],
                  curve->violated[radius]};
}

static bool is_equal(const counts *a, const counts *b) {
  return a->certified == b->certified && a->undecided == b->undecided &&
         a->violated == b->violated;
}

static void print_row(FILE *out, int32_t first, int32_t last, const counts *c) {
  const int64_t asked = c->certified + c->undecided + c->violated;
  const int64_t possible = c->certified + c->undecided;
  char radii[16];
  snprintf(radii, sizeof radii, first < last ? "%d-%d" : "%d", first, last);
  fprintf(out, "%7s %9.1f %% %9.1f %% %8" PRId64 "\n", radii,
          rp_share_tenths(c->certified, asked, RP_ROUND_DOWN) / 10.0,
          rp_share_tenths(possible, asked, RP_ROUND_UP) / 10.0, asked);
}

/* Radii that follow each other with the same counts share a row. */
static void print_rows(FILE *out, const rp_digest_curve *curve) {
  static const counts nobody = {0, 0, 0};
  for (int32_t first = 0, next; first < RP_DIGEST_RADII; first = next) {
    const counts here = get_counts(curve, first);
    for (next = first + 1; next < RP_DIGEST_RADII; next++) {
      const counts there = get_counts(curve, next);
      if (!is_equal(&here, &there)) break;
    }
    if (!is_equal(&here, &nobody)) print_row(out, first, next - 1, &here);
  }
}

void rp_show_accuracy(FILE *out, const rp_results *results) {
  rp_digest *digest;
  rp_error err;
  if (rp_digest_create(results, NULL, &digest, &err) != RP_OK) {
    fprintf(out, "certified accuracy: %s\n\n", err.text);
    return;
  }
  if (digest->n_asked > 0) {
    fprintf(out, "certified accuracy\n%7s %11s %11s %8s\n", "radius",
            "at least", "at most",
            results->provenance.targets > 0 ? "pairs" : "samples");
    print_rows(out, &digest->curve);
    fputc('\n', out);
  }
  rp_digest_free(digest);
}
