/* What the parts of the page share.
 *
 * A figure is written by a function of its own from one part (one results
 * file) or all of them. It begins with figure_begun, which writes the title
 * and a line below it, and ends with figure_ended. */
#ifndef RAMPART_REPORT_PAGE_INTERNAL_H
#define RAMPART_REPORT_PAGE_INTERNAL_H

#include "report/digest.h"
#include "report/page.h"
#include "report/plot.h"

/** One results file on its way into the page. */
typedef struct rp_page_part {
  const rp_page_source *source;
  const rp_results *results;
  rp_digest *digest;
  rp_digest_timeline *timeline;
  char name[160]; /* told apart from the others' */
  const char *colour;
  int number; /* from 0; makes ids unique */
} rp_page_part;

typedef struct rp_page {
  FILE *out;
  rp_page_part *part; /* [n] */
  int n;
} rp_page;

extern const char rp_page_css[];

/** 12,345 */
void rp_page_count(FILE *out, int64_t count);
/** Seconds with three digits and their unit: ms, s, min, h. */
void rp_page_seconds(FILE *out, double seconds);
/** part / whole as "12.3 %", or a dash if there is no whole. */
void rp_page_share(FILE *out, double part, double whole);

/** ", 2 misclassified, 1 invalid": what occurs, so that counts add up. */
void rp_page_excluded(FILE *out, const int64_t verdict[RP_VERDICT_COUNT]);

/** A number known between bounds: "4.5", "4–6", "4 or more".
 *  @param digits  after the point; -1: as many as it takes */
void rp_page_range(FILE *out, rp_digest_range range, int digits);

/** title: plain text, escaped; id: of the figure. */
void rp_page_figure_begin(FILE *out, const char *id, const char *title);
void rp_page_figure_end(FILE *out);

/** "NAME-NUMBER", into id[64]. */
const char *rp_page_id(char id[64], const char *name, const rp_page_part *part);

/** Level of the headings within a part: below the part's own, if it has one. */
int rp_page_heading_level(const rp_page *page);

/** Are names of results too long for two columns of a legend? */
bool rp_page_has_long_names(const rp_page *page);

/* ---- Figures; each leaves itself out when there is nothing to show ---- */
void rp_page_key_figures(const rp_page *page);
rp_status rp_page_accuracy(const rp_page *page, rp_error *err);
rp_status rp_page_times(const rp_page *page, rp_error *err);
void rp_page_verdicts(const rp_page *page, const rp_page_part *part);
void rp_page_histogram(const rp_page *page, const rp_page_part *part);
void rp_page_classes(const rp_page *page, const rp_page_part *part);
void rp_page_map(const rp_page *page, const rp_page_part *part);
void rp_page_rivals(const rp_page *page, const rp_page_part *part);
void rp_page_ranks(const rp_page *page, const rp_page_part *part);
rp_status rp_page_samples(const rp_page *page, const rp_page_part *part,
                          rp_error *err);
void rp_page_provenance(const rp_page *page, const rp_page_part *part);

#endif
