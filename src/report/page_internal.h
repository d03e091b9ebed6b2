/* Functions shared by the figures of the page.
 *
 * Each figure has its own function, which draws one part (one results file) or
 * all of them. It begins with rp_page_figure_begin, which writes the title, and
 * ends with rp_page_figure_end. */
#ifndef RAMPART_REPORT_PAGE_INTERNAL_H
#define RAMPART_REPORT_PAGE_INTERNAL_H

#include "report/page.h"
#include "report/plot.h"
#include "show/digest.h"

/** A results file as a part of the page. */
typedef struct rp_page_part {
  const rp_page_source *source;
  const rp_results *results;
  rp_digest *digest;
  rp_digest_timeline *timeline;
  char name[160]; /* distinct from the names of the others */
  const char *colour;
  int number;     /* from 0; makes ids unique */
  bool in_shares; /* results have other numbers of samples: no counts */
} rp_page_part;

typedef struct rp_page {
  FILE *out;
  rp_page_part *part; /* [n] */
  int n;
} rp_page;

extern const char rp_page_css[];
/** Write the style that depends on the number of results, and the dark one. */
void rp_page_write_css(const rp_page *page);

/** Write a class into a text: its name, or its number. */
enum { RP_CLASS_SIZE = 96 };
const char *rp_page_class(const rp_provenance *of, int32_t label,
                          char text[RP_CLASS_SIZE]);
/** Write the same into the page, escaped. */
void rp_page_put_class(FILE *out, const rp_provenance *of, int32_t label);

/** What a radius counts and allows in a norm. */
typedef struct rp_page_norm {
  const char *one, *many;        /* what a radius counts */
  const char *unit, *axis, *map; /* labels: "input steps" and so on */
  const char *allows;            /* what a radius r allows */
} rp_page_norm;

/** Get what the questions are about: "sample" or, with a target each, "pair";
 *  with an s unless n is 1. */
const char *rp_page_get_subject(const rp_page_part *part, int64_t n);

/** Get the words for the norm of a part's radii. */
const rp_page_norm *rp_page_get_norm(const rp_page_part *part);

/** Write a count such as 12,345. */
void rp_page_format_count(char text[40], int64_t count);
void rp_page_count(FILE *out, int64_t count);
/** Write a number at a place in a picture. */
void rp_page_label_number(FILE *out, const rp_label *label, int64_t number);
/** Compute an upper bound of the width of a number in a picture. */
double rp_page_number_width(int64_t number);
/** Write a time with three digits and its unit: ms, s, h, d. */
void rp_page_seconds(FILE *out, double seconds);
/** Write part / whole as "12.3 %", or a dash if the whole is 0. "0.0 %" is
 *  none, "100.0 %" are all. */
void rp_page_share(FILE *out, int64_t part, int64_t whole);

/** Write "12 robust, 3 violated, 1 unknown" about queries, as rp_page_amount
 *  does, and, if there are any, how many were misclassified or invalid, so that
 *  the amounts add up.
 *  @param verb  after the first number: " are", or nothing */
void rp_page_verdict_counts(FILE *out, const rp_page_part *part,
                            const char *verb);

/** Write a number known by bounds: "4.5", "4–6", "4 or more".
 *  @param digits  after the point; -1: as many as needed */
void rp_page_range(FILE *out, rp_digest_range range, int digits);

/** Begin a figure. Its heading is what it shows, below the topic in small
 *  letters. Both are plain text and are escaped.
 *  @param finding  "": the topic is the heading */
void rp_page_figure_begin(FILE *out, const char *id, const char *topic,
                          const char *finding);
void rp_page_figure_end(FILE *out);

/** Make the id "NAME-NUMBER" of an element of a part. */
const char *rp_page_make_id(char id[64], const char *name,
                            const rp_page_part *part);

/** Get the level of headings within a part: below its own, if it has one. */
int rp_page_heading_level(const rp_page *page);

/** Write a count or, where results with other numbers of samples stand beside
 *  it, its share of the whole. */
void rp_page_format_amount(char text[40], const rp_page_part *part,
                           int64_t count, int64_t whole);
void rp_page_amount(FILE *out, const rp_page_part *part, int64_t count,
                    int64_t whole);

/* ---- Findings: sentences that the rows prove, whatever is still open ---- */
enum { RP_FINDING_SIZE = 320 };
/** Each writes "" if the rows prove nothing worth saying. */
void rp_finding_accuracy(const rp_page *page, char text[RP_FINDING_SIZE]);
void rp_finding_radii(const rp_page *page, const rp_page_part *part,
                      char text[RP_FINDING_SIZE]);
void rp_finding_times(const rp_page *page, char text[RP_FINDING_SIZE]);
void rp_finding_verdicts(const rp_page_part *part, char text[RP_FINDING_SIZE]);
void rp_finding_map(const rp_page_part *part, char text[RP_FINDING_SIZE]);
void rp_finding_rivals(const rp_page_part *part, char text[RP_FINDING_SIZE]);

/** Write what a radius is and when a sample is robust. */
void rp_page_terms(const rp_page *page);

/** True if every result was asked at a radius. */
bool rp_page_is_common_radius(const rp_page *page, int r);

/** Write part / whole in percent, such as "12.3 %": rounded down to at least so
 *  much, or up to at most so much. */
void rp_page_bound(FILE *out, int64_t part, int64_t whole, bool up);

/** Write which of several results is the most robust, and where: the heading
 *  of the page, and a sentence with numbers below it. */
void rp_page_comparison(const rp_page *page);

/** Find out why radii of several results do not mean the same: their steps,
 *  properties, norms or boxes differ. Returns a sentence, or NULL. */
const char *rp_page_find_difference(const rp_page *page);

/** Write the legend of all plots of several results: their colours, and those
 *  of verdicts and states that occur. */
void rp_page_legend(const rp_page *page);
/** Write what the verdicts and states mean that occur in any result. */
void rp_page_meanings(const rp_page *page);

/* ---- Figures; each is omitted if there is nothing to show ---- */
void rp_page_key_figures(const rp_page *page);
rp_status rp_page_accuracy(const rp_page *page, rp_error *err);
rp_status rp_page_times(const rp_page *page, rp_error *err);
void rp_page_verdicts(const rp_page *page, const rp_page_part *part);
void rp_page_histogram(const rp_page *page, const rp_page_part *part);
void rp_page_classes(const rp_page *page, const rp_page_part *part);
void rp_page_map(const rp_page *page, const rp_page_part *part);
void rp_page_rivals(const rp_page *page, const rp_page_part *part);
/** Errors: RP_E_MEMORY. Cost: interval propagation of ten samples. */
rp_status rp_page_blocks(const rp_page *page, const rp_page_part *part,
                         rp_error *err);
void rp_page_ranks(const rp_page *page, const rp_page_part *part);
rp_status rp_page_samples(const rp_page *page, const rp_page_part *part,
                          rp_error *err);
void rp_page_provenance(const rp_page *page, const rp_page_part *part);

#endif
