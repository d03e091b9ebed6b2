/* Compares several results: which is the most robust, and at which radii.
 *
 * A result leads at a radius if the share of its samples that is proved robust
 * there is above every other result's share of samples not violated there, so
 * nothing that is still open can change it. */
#include <inttypes.h>
#include <string.h>

#include "report/page_internal.h"

/* What is known at a radius of a result. */
typedef struct known {
  int64_t proved, possible, asked;
} known;

static known look_up(const rp_page_part *part, int r) {
  const rp_digest_curve *const c = &part->digest->curve;
  return (known){c->certified[r], c->certified[r] + c->undecided[r],
                 rp_digest_count_asked(c, r)};
}

static bool is_above(int64_t part, int64_t whole, int64_t other_part,
                     int64_t other_whole) {
  return (__int128)part * other_whole > (__int128)other_part * whole;
}

/* ---- May results be compared? ---- */

static bool is_one_network(const rp_page *page) {
  const rp_provenance *const a = &page->part[0].results->provenance;
  for (int i = 1; i < page->n; i++)
    if (strcmp(page->part[i].results->provenance.network_sha256,
               a->network_sha256) != 0)
      return false;
  return true;
}

const char *rp_page_find_difference(const rp_page *page) {
  const rp_provenance *const a = &page->part[0].results->provenance;
  for (int i = 1; i < page->n; i++) {
    const rp_provenance *const b = &page->part[i].results->provenance;
    if (!rp_provenance_has_same_step(a, b))
      return "Radii cannot be compared: one step of an input is not the same "
             "change in all results";
    if (strcmp(a->options.property, b->options.property) != 0)
      return "The results are about different properties";
    if (a->options.norm != b->options.norm)
      return "Radii cannot be compared: they are in different norms";
    if (strcmp(a->box_sha256, b->box_sha256) != 0)
      return "Radii cannot be compared: inputs stay in different boxes";
    if (a->patch != b->patch)
      return "Radii cannot be compared: inputs change in different patches";
  }
  return NULL;
}

/* Write why results are not comparable. Returns false if they are. */
static bool write_obstacle(const rp_page *page) {
  const char *obstacle = rp_page_find_difference(page);
  if (!obstacle && is_one_network(page))
    obstacle = "All results are about the same network";
  if (obstacle) fputs(obstacle, page->out);
  return obstacle != NULL;
}

/* Whether all results asked about the same samples, at this radius too. */
static bool has_same_samples(const rp_page *page, int r) {
  const rp_page_part *const a = &page->part[0];
  for (int i = 0; i < page->n; i++) {
    const rp_page_part *const b = &page->part[i];
    if (b->digest->n_samples != a->digest->n_samples ||
        strcmp(b->results->provenance.dataset_sha256,
               a->results->provenance.dataset_sha256) != 0 ||
        look_up(b, r).asked != b->digest->n_samples)
      return false;
    for (int64_t k = 0; k < a->digest->n_samples; k++)
      if (b->digest->sample[k].sample != a->digest->sample[k].sample ||
          b->digest->sample[k].target != a->digest->sample[k].target)
        return false;
  }
  return true;
}

/* ---- Who leads? ---- */

bool rp_page_is_common_radius(const rp_page *page, int r) {
  for (int i = 0; i < page->n; i++)
    if (look_up(&page->part[i], r).asked == 0) return false;
  return true;
}

static bool leads(const rp_page *page, int i, int r) {
  const known own = look_up(&page->part[i], r);
  for (int j = 0; j < page->n; j++) {
    const known other = look_up(&page->part[j], r);
    if (j != i && !is_above(own.proved, own.asked, other.possible, other.asked))
      return false;
  }
  return true;
}

/* Find the result that leads at a radius; -1 if none does. */
static int find_leader(const rp_page *page, int r) {
  if (r >= RP_DIGEST_RADII || !rp_page_is_common_radius(page, r)) return -1;
  for (int i = 0; i < page->n; i++)
    if (leads(page, i, r)) return i;
  return -1;
}

/* ---- Sentences ---- */

static void write_name(const rp_page *page, int i) {
  rp_xml_text(page->out, page->part[i].name);
}

static void write_lead(const rp_page *page, int leader) {
  FILE *const out = page->out;
  write_name(page, leader);
  if (page->n > 2) {
    fputs(" is the most robust", out);
  } else {
    fputs(" is more robust than ", out);
    write_name(page, 1 - leader);
  }
}

static void write_stretch(FILE *out, int from, int to) {
  if (from == to)
    fprintf(out, " at radius %d", from);
  else
    fprintf(out, " at every radius from %d to %d", from, to);
}

/* Write every stretch of radii at which one result leads. Returns the last
 * radius and its leader, -1 if there is none. */
static int write_runs(const rp_page *page, int *last) {
  int leader = -1;
  bool is_same = true; /* all are about the same samples */
  for (int r = 1, from; r < RP_DIGEST_RADII; r++) {
    const int own = find_leader(page, r);
    if (own < 0) continue;
    from = r;
    while (find_leader(page, r + 1) == own) r++;
    if (leader >= 0) fputs(own == leader ? " and" : "; ", page->out);
    if (own != leader) write_lead(page, own);
    write_stretch(page->out, from, r);
    for (int k = from; k <= r; k++) is_same &= has_same_samples(page, k);
    leader = own;
    *last = r;
  }
  if (!is_same) fputs(", each on its own samples", page->out);
  return leader;
}

static bool has_common_radius(const rp_page *page) {
  for (int r = 1; r < RP_DIGEST_RADII; r++)
    if (rp_page_is_common_radius(page, r)) return true;
  return false;
}

/* Write the numbers behind a lead at one radius. */
static void write_numbers(const rp_page *page, int leader, int r) {
  FILE *const out = page->out;
  const known own = look_up(&page->part[leader], r);
  known best = {0, 0, 1};
  for (int i = 0; i < page->n; i++) {
    const known other = look_up(&page->part[i], r);
    if (i != leader &&
        is_above(other.possible, other.asked, best.possible, best.asked))
      best = other;
  }
  fprintf(out, "At radius %d, ", r);
  rp_page_bound(out, own.proved, own.asked, false);
  fputs(" of the samples asked of ", out);
  write_name(page, leader);
  fputs(" are proved robust, and at most ", out);
  rp_page_bound(out, best.possible, best.asked, true);
  fputs(page->n > 2 ? " of those of any other result. "
                    : " of those of the other. ",
        out);
}

void rp_page_comparison(const rp_page *page) {
  FILE *const out = page->out;
  int last = 0, leader = -1;
  fputs("<small>Robustness compared</small><h1>", out);
  const bool comparable = !write_obstacle(page);
  if (comparable) leader = write_runs(page, &last);
  if (comparable && leader < 0)
    fputs(has_common_radius(page)
              ? "At no radius is one result proved more robust than all others"
              : "The results have no radius in common",
          out);
  fputs("</h1>\n<p class=\"lead\">", out);
  if (leader >= 0) write_numbers(page, leader, last);
  fprintf(out, "%d results side by side.</p>", page->n);
  if (comparable) rp_page_terms(page);
}
