/* Findings: what each figure shows, as a sentence for its heading.
 *
 * A sentence says only what the rows prove. Where something is still open it
 * names both ends, lower bounds rounded down and upper bounds rounded up. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "core/number.h"
#include "core/text.h"
#include "report/page_internal.h"

enum { MOST_NAMED = 3 }; /* results in one sentence */

/* ---- Words ---- */

static FILE *begin_text(char text[RP_FINDING_SIZE]) {
  text[0] = '\0';
  return fmemopen(text, RP_FINDING_SIZE, "w");
}

static const char *get_plural(int64_t n) {
  return n == 1 ? "" : "s";
}

void rp_page_bound(FILE *out, int64_t part, int64_t whole, bool up) {
  const rp_rounding rounding = up ? RP_ROUND_UP : RP_ROUND_DOWN;
  fprintf(out, "%.1f %%", rp_share_tenths(part, whole, rounding) / 10.0);
}

/* Write "56.0 %" or "56.0–57.2 %" of the samples asked at a radius. */
static void write_accuracy(FILE *out, const rp_digest_curve *curve, int r) {
  const int64_t proved = curve->certified[r], open = curve->undecided[r];
  const int64_t asked = rp_digest_count_asked(curve, r);
  if (open == 0) {
    rp_page_share(out, proved, asked);
    return;
  }
  fprintf(out, "%.1f–", rp_share_tenths(proved, asked, RP_ROUND_DOWN) / 10.0);
  rp_page_bound(out, proved + open, asked, true);
}

/* Write " (NAME)" after what is about one of several results. */
static void write_which(FILE *out, const rp_page *page, int i) {
  const char *const name = page->part[i].name;
  fprintf(out, " (%.*s)%s", rp_text_fit(name, 40), name,
          i + 1 < page->n ? ", " : "");
}

/* ---- All results ---- */

static bool is_half_proved(const rp_page *page, int r) {
  for (int i = 0; i < page->n; i++) {
    const rp_digest_curve *const c = &page->part[i].digest->curve;
    if (2 * c->certified[r] >= rp_digest_count_asked(c, r)) return true;
  }
  return false;
}

/* Find the radius that tells most among those at which every result was asked:
 * the greatest at which one of them has half of its samples proved, or else the
 * least. Returns 0 if there is none. */
static int find_telling_radius(const rp_page *page) {
  int least = 0;
  for (int r = RP_DIGEST_RADII - 1; r > 0; r--) {
    if (!rp_page_is_common_radius(page, r)) continue;
    if (is_half_proved(page, r)) return r;
    least = r;
  }
  return least;
}

void rp_finding_accuracy(const rp_page *page, char text[RP_FINDING_SIZE]) {
  const int r = rp_page_find_difference(page) ? 0 : find_telling_radius(page);
  FILE *const out = r > 0 && page->n <= MOST_NAMED ? begin_text(text) : NULL;
  if (!out) {
    *text = '\0';
    return;
  }
  if (page->n > 1) fprintf(out, "Robust at radius %d: ", r);
  for (int i = 0; i < page->n; i++) {
    write_accuracy(out, &page->part[i].digest->curve, r);
    if (page->n > 1) write_which(out, page, i);
  }
  if (page->n == 1)
    fprintf(out, " of the %s are robust at radius %d",
            rp_page_get_subject(&page->part[0], 2), r);
  (void)fclose(out);
}

/* Write a time that at least `share` of all take at most. */
static void write_quantile(FILE *out, const double *seconds, int64_t n,
                           double share) {
  const int64_t at = (int64_t)ceil(share * (double)n) - 1;
  rp_page_seconds(out, seconds[at > 0 ? at : 0]);
}

/* Get the ascending times of maximum radii, or of queries. */
static const double *get_times(const rp_digest *d, bool radii, int64_t *n) {
  *n = radii ? d->n_radius_seconds : d->n_query_seconds;
  return radii ? d->radius_seconds : d->query_seconds;
}

/* Whether every result has times of this kind. */
static bool have_times(const rp_page *page, bool radii) {
  int64_t n = 0;
  for (int i = 0; i < page->n; i++) {
    (void)get_times(page->part[i].digest, radii, &n);
    if (n == 0 || (page->n == 1 && n == 1)) return false;
  }
  return page->n <= MOST_NAMED;
}

void rp_finding_times(const rp_page *page, char text[RP_FINDING_SIZE]) {
  const bool radii = have_times(page, true);
  FILE *const out = radii || have_times(page, false) ? begin_text(text) : NULL;
  int64_t n = 0;
  *text = '\0';
  if (!out) return;
  fprintf(out, "Half of the %s decided took at most ",
          radii ? "maximum radii" : "queries");
  for (int i = 0; i < page->n; i++) {
    const double *const seconds = get_times(page->part[i].digest, radii, &n);
    write_quantile(out, seconds, n, 0.5);
    if (page->n > 1) write_which(out, page, i);
  }
  if (page->n == 1) {
    fputs(", all at most ", out);
    write_quantile(out, get_times(page->part[0].digest, radii, &n), n, 1);
  }
  (void)fclose(out);
}

/* ---- One result ---- */

void rp_finding_radii(const rp_page *page, const rp_page_part *part,
                      char text[RP_FINDING_SIZE]) {
  const rp_digest_range median = part->digest->median;
  FILE *const out = isnan(median.lo) ? NULL : begin_text(text);
  *text = '\0';
  if (!out) return;
  if (page->n > 1)
    fprintf(out, "%.*s: the", rp_text_fit(part->name, 80), part->name);
  else
    fputs("The", out);
  fputs(" median radius is ", out);
  rp_page_range(out, median, -1);
  const rp_page_norm *const norm = rp_page_get_norm(part);
  fprintf(out, " %s",
          median.lo == 1 && median.hi == 1 ? norm->one : norm->many);
  (void)fclose(out);
}

void rp_finding_verdicts(const rp_page_part *part, char text[RP_FINDING_SIZE]) {
  const rp_digest *const d = part->digest;
  const int64_t asked = part->results->n_queries + part->results->n_radii;
  const int64_t open = d->query_verdict[RP_UNKNOWN] + d->state[RP_RADIUS_OPEN] +
                       d->state[RP_RADIUS_UNASKED];
  if (open == 0)
    snprintf(text, RP_FINDING_SIZE, "Every question is decided");
  else
    snprintf(text, RP_FINDING_SIZE,
             "%" PRId64 " of %" PRId64 " question%s %s not decided", open,
             asked, get_plural(asked), open == 1 ? "is" : "are");
}

/* The samples that no radius is needed for, and those that the least one
 * changes, or may change where that is open. */
void rp_finding_map(const rp_page_part *part, char text[RP_FINDING_SIZE]) {
  const rp_digest *const d = part->digest;
  const bool of_class = !*part->results->provenance.options.property;
  int64_t wrong = 0, fragile = 0, open = 0;
  const char *const verb[] = {of_class ? "change" : "break",
                              of_class ? "changes" : "breaks"};
  const char *const what = of_class ? " class" : " the property";
  char range[48];
  for (int64_t k = 0; k < d->n_samples; k++) {
    const rp_digest_sample *const s = &d->sample[k];
    wrong += s->valid && s->lo < 0;
    if (!s->valid || !s->asked || s->lo != 0) continue;
    if (s->violated && s->hi == 0)
      fragile++;
    else
      open++;
  }
  snprintf(range, sizeof range, "%" PRId64, fragile);
  if (open > 0)
    snprintf(range, sizeof range, "%" PRId64 "–%" PRId64, fragile,
             fragile + open);
  snprintf(text, RP_FINDING_SIZE,
           "%" PRId64 " of %" PRId64
           " %s %s misclassified, %s %s%s within radius 1",
           wrong, d->n_asked, rp_page_get_subject(part, d->n_asked),
           wrong == 1 ? "is" : "are", range,
           fragile == 1 && open == 0 ? verb[1] : verb[0], what);
}

/* The pair of label and class that occurs most often. */
void rp_finding_rivals(const rp_page_part *part, char text[RP_FINDING_SIZE]) {
  enum { CLASSES = 64 };
  int64_t count[CLASSES][CLASSES] = {{0}}, most = 0;
  int label = -1, reached = -1, ties = 0;
  char from[RP_CLASS_SIZE], to[RP_CLASS_SIZE];
  const rp_provenance *const of = &part->results->provenance;
  for (int64_t k = 0; k < part->digest->n_samples; k++) {
    const rp_digest_sample *const s = &part->digest->sample[k];
    if (s->reached >= 0 && s->reached < CLASSES && s->label >= 0 &&
        s->label < CLASSES)
      count[s->label][s->reached]++;
  }
  for (int i = 0; i < CLASSES * CLASSES; i++) {
    const int64_t n = count[i / CLASSES][i % CLASSES];
    if (n == 0 || n < most) continue;
    ties = n == most ? ties + 1 : 1;
    most = n, label = i / CLASSES, reached = i % CLASSES;
  }
  *text = '\0';
  if (most == 1 && ties == 1)
    snprintf(text, RP_FINDING_SIZE, "Label %s becomes %s: 1 sample",
             rp_page_class(of, label, from), rp_page_class(of, reached, to));
  else if (ties == 1)
    snprintf(text, RP_FINDING_SIZE,
             "Most often, label %s becomes %s: %" PRId64 " samples",
             rp_page_class(of, label, from), rp_page_class(of, reached, to),
             most);
  else if (most > 1)
    snprintf(text, RP_FINDING_SIZE,
             "%d pairs of label and class occur most often: %" PRId64
             " samples each",
             ties, most);
  else if (ties > 1)
    snprintf(text, RP_FINDING_SIZE, "No pair of label and class occurs twice");
}
