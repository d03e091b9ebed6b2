/* Functions shared by the figures of the page.
 *
 * Each figure has its own function, which draws one part (one results file) or
 * all of them. It begins with rp_page_figure_begin, which writes the title, and
 * ends with rp_page_figure_end. */
#ifndef RAMPART_REPORT_PAGE_INTERNAL_H
#define RAMPART_REPORT_PAGE_INTERNAL_H

#include "show/digest.h"
#include "report/page.h"
#include "report/plot.h"

/** A results file as a part of the page. */
typedef struct rp_page_part {
  const rp_page_source *source;
  const rp_results *results;
  rp_digest *digest;
  rp_digest_timeline *timeline;
  char name[160]; /* distinct from the names of the others */
  const char *colour;
  int number; /* from 0; makes ids unique */
} rp_page_part;

typedef struct rp_page {
  FILE *out;
  rp_page_part *part; /* [n] */
  int n;
} rp_page;

extern const char rp_page_css[];

/** Write a count such as 12,345. */
void rp_page_format_count(char text[40], int64_t count);
void rp_page_count(FILE *out, int64_t count);
/** Write a number at a place in a picture. */
void rp_page_label_number(FILE *out, const rp_label *label, int64_t number);
/** Compute an upper bound of the width of a number in a picture. */
double rp_page_number_width(int64_t number);
/** Write a time with three digits and its unit: ms, s, h, d. */
void rp_page_seconds(FILE *out, double seconds);
/** Write part / whole as "12.3 %", or a dash if the whole is 0. */
void rp_page_share(FILE *out, double part, double whole);

/** Write "12 robust, 3 violated, 1 unknown" and, if there are any, how many
 *  were misclassified or invalid, so that the counts add up.
 *  @param verb  after the first number: " are", or nothing */
void rp_page_verdict_counts(FILE *out, const int64_t verdict[RP_VERDICT_COUNT],
                            const char *verb);

/** Write a number known by bounds: "4.5", "4–6", "4 or more".
 *  @param digits  after the point; -1: as many as needed */
void rp_page_range(FILE *out, rp_digest_range range, int digits);

/** Begin a figure. The title is plain text and is escaped. */
void rp_page_figure_begin(FILE *out, const char *id, const char *title);
void rp_page_figure_end(FILE *out);

/** Make the id "NAME-NUMBER" of an element of a part. */
const char *rp_page_make_id(char id[64], const char *name,
                            const rp_page_part *part);

/** Get the level of headings within a part: below its own, if it has one. */
int rp_page_heading_level(const rp_page *page);

/** Whether the names of results are too long for a legend of two columns. */
bool rp_page_has_long_names(const rp_page *page);

/* ---- Figures; each is omitted if there is nothing to show ---- */
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
