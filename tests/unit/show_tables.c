/* Reports: CSV as documented, tables that fit a terminal, and every way in
 * which a run can agree or disagree with known answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "show/show.h"

static rp_results *new_results(const char *network) {
  rp_results *r;
  assert_int_equal(rp_results_create(&r, NULL), RP_OK);
  strcpy(r->provenance.network, network);
  r->provenance.n_in = 1;
  r->provenance.in_hi = 255;
  return r;
}

static void add_query(rp_results *r, int64_t sample, int32_t radius,
                      rp_verdict verdict) {
  rp_query_row row = {.sample = sample,
                      .label = 7,
                      .radius = radius,
                      .verdict = verdict,
                      .seconds = 0.25};
  const uint8_t x = 9;
  if (verdict == RP_UNKNOWN) row.reason = RP_REASON_TIME;
  if (verdict == RP_ROBUST) row.evidence = RP_EVIDENCE_DUAL;
  if (verdict == RP_VIOLATED) row.evidence = RP_EVIDENCE_REPLAY;
  assert_int_equal(
      rp_results_add_query(r, &row, verdict == RP_VIOLATED ? &x : NULL, NULL),
      RP_OK);
}

/* refuted: a counterexample stands at hi + 1. */
static void add_radius(rp_results *r, int64_t sample, int32_t lo, int32_t hi,
                       bool refuted) {
  rp_radius_row row = {
      .sample = sample, .label = 7, .lo = lo, .hi = hi, .seconds = 1.5};
  const uint8_t x = 9;
  row.verdict = lo < 0 ? RP_MISCLASSIFIED : lo == hi ? RP_ROBUST : RP_UNKNOWN;
  if (row.verdict == RP_UNKNOWN) row.reason = RP_REASON_NODES;
  assert_int_equal(rp_results_add_radius(r, &row, refuted ? &x : NULL, NULL),
                   RP_OK);
}

/* What a printer prints; the caller frees it. */
typedef void printer(FILE *out, const rp_results *results);
static char *printed(printer *print, const rp_results *r) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  print(out, r);
  fclose(out);
  return text;
}

static void csv(FILE *out, const rp_results *r) {
  rp_show_csv(out, r, RP_SHOW_AUTO);
}
static void csv_of_queries(FILE *out, const rp_results *r) {
  rp_show_csv(out, r, RP_SHOW_QUERIES);
}
static void csv_of_radii(FILE *out, const rp_results *r) {
  rp_show_csv(out, r, RP_SHOW_RADII);
}
static void csv_of_timeline(FILE *out, const rp_results *r) {
  rp_show_csv(out, r, RP_SHOW_TIMELINE);
}
static void timeline_rows(FILE *out, const rp_results *r) {
  rp_show_rows(out, r, RP_SHOW_TIMELINE, 1);
}
static void two_rows(FILE *out, const rp_results *r) {
  rp_show_rows(out, r, RP_SHOW_QUERIES, 2);
}
static void all_rows(FILE *out, const rp_results *r) {
  rp_show_rows(out, r, RP_SHOW_AUTO, -1);
}

static void assert_prints(printer *print, const rp_results *r,
                          const char *expected) {
  char *text = printed(print, r);
  assert_string_equal(text, expected);
  free(text);
}

static void assert_mentions(printer *print, const rp_results *r,
                            const char *expected) {
  char *text = printed(print, r);
  if (!strstr(text, expected)) fail_msg("no '%s' in:\n%s", expected, text);
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
    if (strlen(line) > 80) fail_msg("wider than 80: %s", line);
  free(text);
}

/* ---- Printing ---- */

static void csv_as_documented(void **state) {
  (void)state;
  rp_results *r = new_results("a,\"b\"");
  assert_prints(csv, r,
                "network,sample,label,radius,verdict,reason,evidence,seconds"
                "\n");
  add_query(r, 3, 2, RP_ROBUST);
  add_query(r, 3, 4, RP_UNKNOWN);
  add_query(r, 5, 1, RP_VIOLATED);
  add_query(r, 6, 1, RP_MISCLASSIFIED);
  const char queries[] =
      "network,sample,label,radius,verdict,reason,evidence,seconds\n"
      "\"a,\"\"b\"\"\",3,7,2,robust,none,dual,0.250000\n"
      "\"a,\"\"b\"\"\",3,7,4,unknown,time,none,0.250000\n"
      "\"a,\"\"b\"\"\",5,7,1,violated,none,replay,0.250000\n"
      "\"a,\"\"b\"\"\",6,7,1,misclassified,none,none,0.250000\n";
  assert_prints(csv, r, queries);
  add_radius(r, 3, 2, 3, true);
  add_radius(r, 6, -1, -1, false);
  assert_prints(csv_of_queries, r, queries);
  add_radius(r, 7, 4, 4, true);
  add_radius(r, 8, 5, 5, false);
  const char radii[] = "network,sample,label,lo,hi,reason,seconds,state\n"
                       "\"a,\"\"b\"\"\",3,7,2,3,nodes,1.500000,open\n"
                       "\"a,\"\"b\"\"\",6,7,-1,-1,none,1.500000,misclassified\n"
                       "\"a,\"\"b\"\"\",7,7,4,4,none,1.500000,closed\n"
                       "\"a,\"\"b\"\"\",8,7,5,5,none,1.500000,capped\n";
  assert_prints(csv, r, radii);
  assert_prints(csv_of_radii, r, radii);
  rp_results_free(r);
}

static void accuracy_is_an_interval(void **state) {
  (void)state;
  rp_results *r = new_results("P1-6");
  add_query(r, 0, 2, RP_ROBUST);
  add_query(r, 1, 2, RP_VIOLATED);
  add_query(r, 2, 2, RP_UNKNOWN);
  add_query(r, 3, 2, RP_MISCLASSIFIED);
  assert_mentions(rp_show_summary, r,
                  "certified accuracy\n"
                  " radius    at least     at most  samples\n"
                  "      0      75.0 %      75.0 %        4\n"
                  "      2      25.0 %      50.0 %        4\n\n");
  rp_results_free(r);
}

static void tables_for_the_terminal(void **state) {
  (void)state;
  rp_results *r = new_results("P1-6");
  assert_mentions(rp_show_summary, r, "no queries");
  assert_mentions(rp_show_provenance, r, "P1-6");
  for (int i = 0; i < 100; i++)
    add_query(r, i, 1 + i % 3, (rp_verdict)(i % RP_VERDICT_COUNT));
  assert_mentions(rp_show_summary, r, "unknown: 20 time\n");
  assert_mentions(rp_show_summary, r, "evidence: 20 replay, 20 dual\n");
  assert_mentions(rp_show_summary, r,
                  "   all       20       20       20            20       20"
                  "     25.000      0.250\n");
  assert_mentions(two_rows, r, "... and 98 more rows: --rows all\n");
  assert_mentions(all_rows, r, "misclassified");
  for (int i = 0; i < 50; i++) add_radius(r, i, i % 7, i % 7 + i % 2, true);
  add_radius(r, 50, -1, -1, false);
  assert_mentions(rp_show_summary, r,
                  "maximum radius of 51 samples: 25 closed, 25 open, 1 "
                  "misclassified\n");
  assert_mentions(rp_show_summary, r, "open: 25 nodes\n");
  assert_mentions(rp_show_summary, r,
                  "mean radius: between 2.940 and 3.440, of the 50 samples "
                  "classified as labelled\n");
  assert_mentions(rp_show_summary, r,
                  "100 queries beside those of the searches\n");
  assert_mentions(rp_show_summary, r, "time: 76.500 s over all searches");
  assert_mentions(all_rows, r, "closed");
  rp_results_free(r);
}

/* A row that was given up before its sample was looked at. */
static void add_unasked(rp_results *r, int64_t sample) {
  const rp_radius_row row = {.sample = sample,
                             .label = 7,
                             .hi = 5,
                             .verdict = RP_UNKNOWN,
                             .reason = RP_REASON_INTERRUPTED};
  assert_int_equal(rp_results_add_radius(r, &row, NULL, NULL), RP_OK);
}

static void a_cap_is_no_radius(void **state) {
  (void)state;
  rp_results *r = new_results("P1-6");
  r->provenance.radius_cap = 5;
  add_radius(r, 0, 2, 2, true);
  add_radius(r, 1, 5, 5, false);
  assert_mentions(rp_show_summary, r,
                  "maximum radius of 2 samples: 1 closed, 1 capped, 0 open\n");
  assert_mentions(rp_show_summary, r,
                  "radius   closed  open from    open to   capped\n");
  assert_mentions(rp_show_summary, r,
                  "     5        0          0          0        1\n");
  assert_mentions(rp_show_summary, r,
                  "mean radius: at least 3.500, of the 2 samples classified as "
                  "labelled\n");
  assert_mentions(rp_show_summary, r,
                  "capped: searches asked radii up to 5; the maximum is "
                  "that or more\n");
  assert_mentions(all_rows, r, "     1      7      5     5+  capped");
  assert_mentions(all_rows, r, "     0      7      2      2  closed");
  add_radius(r, 2, 1, 5, false);
  assert_mentions(all_rows, r, "     2      7      1     5+  open");
  assert_mentions(rp_show_summary, r,
                  "open without an upper bound: 1; \"open to\" is only the cap "
                  "of 5\n");
  rp_results_free(r);
}

/* Neither its lower bound nor its class is known. */
static void what_was_not_asked_has_no_radius(void **state) {
  (void)state;
  rp_results *r = new_results("P1-6");
  r->provenance.radius_cap = 5;
  add_radius(r, 0, 3, 3, true);
  add_radius(r, 1, -1, -1, false);
  for (int i = 2; i < 6; i++) add_unasked(r, i);
  assert_mentions(rp_show_summary, r,
                  "maximum radius of 6 samples: 1 closed, 0 open, 4 unasked, 1 "
                  "misclassified\n");
  assert_mentions(rp_show_summary, r,
                  "mean radius: 3.000, of the 1 sample classified as labelled"
                  "\n");
  assert_mentions(all_rows, r, "     2      7                unasked");
  rp_results_free(r);
}

/* Without evidence there is no counterexample to tell a cap from a bound. */
static void states_without_evidence(void **state) {
  (void)state;
  rp_radius_row row = {
      .lo = 3, .hi = 3, .verdict = RP_ROBUST, .counterexample = -1};
  assert_int_equal(rp_radius_get_state(&row, 5), RP_RADIUS_CLOSED);
  assert_int_equal(rp_radius_get_state(&row, 3), RP_RADIUS_CAPPED);
  assert_int_equal(rp_radius_get_state(&row, 0), RP_RADIUS_CAPPED);
  row = (rp_radius_row){.hi = 5,
                        .verdict = RP_UNKNOWN,
                        .reason = RP_REASON_INTERRUPTED,
                        .counterexample = -1};
  assert_int_equal(rp_radius_get_state(&row, 5), RP_RADIUS_UNASKED);
  row.seconds = 0.1;
  assert_int_equal(rp_radius_get_state(&row, 5), RP_RADIUS_OPEN);
}

static rp_results *filtered(const char *verdicts, const char *radii) {
  rp_filter f = {.by_verdict = false};
  rp_results *r = new_results("n");
  r->provenance.radius_cap = 5;
  add_query(r, 0, 1, RP_ROBUST);
  add_radius(r, 1, 3, 3, true);
  add_radius(r, 2, 5, 5, false);
  add_radius(r, 3, 1, 4, true);
  add_unasked(r, 4);
  add_radius(r, 5, -1, -1, false);
  if (verdicts)
    assert_int_equal(rp_filter_parse_verdicts(&f, verdicts, NULL), RP_OK);
  if (radii) assert_true(rp_radii_parse(radii, 0, &f.radii));
  assert_int_equal(rp_filter_apply(&f, r, NULL), RP_OK);
  return r;
}

static void states_are_filtered(void **state) {
  (void)state;
  static const struct {
    const char *verdicts, *radii;
    int queries;
    const char *samples; /* of the radii that are left */
  } cases[] = {{"robust", NULL, 1, "12"},
               {"closed", NULL, 0, "1"},
               {"capped", NULL, 0, "2"},
               {"open", NULL, 0, "34"},
               {"unasked", NULL, 0, "4"},
               {"unknown", NULL, 0, "34"},
               {"closed,misclassified", NULL, 0, "15"},
               {NULL, "9", 0, "24"},
               {NULL, "4", 0, "34"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    rp_results *r = filtered(cases[i].verdicts, cases[i].radii);
    char left[8] = "";
    for (int64_t k = 0; k < r->n_radii; k++)
      left[k] = (char)('0' + r->radius[k].sample);
    assert_string_equal(left, cases[i].samples);
    assert_int_equal(r->n_queries, cases[i].queries);
    rp_results_free(r);
  }
}

static void timeline_as_documented(void **state) {
  (void)state;
  rp_results *r = new_results("P1-6");
  const rp_task_row row = {.rank = 2,
                           .sample = 7,
                           .radius = 3,
                           .piece = 1,
                           .begin_s = 0.5,
                           .end_s = 2.25,
                           .verdict = RP_ROBUST};
  for (int i = 0; i < 2; i++)
    assert_int_equal(rp_results_add_task(r, &row, NULL), RP_OK);
  assert_prints(csv_of_timeline, r,
                "network,rank,sample,radius,piece,begin_s,end_s,verdict\n"
                "P1-6,2,7,3,1,0.500000,2.250000,robust\n"
                "P1-6,2,7,3,1,0.500000,2.250000,robust\n");
  assert_mentions(timeline_rows, r, "0.500  2.250  robust\n");
  assert_mentions(timeline_rows, r, "... and 1 more row: --rows all\n");
  rp_results_free(r);
}

static void names_of_tables(void **state) {
  (void)state;
  rp_error err;
  rp_show_table table;
  assert_int_equal(rp_show_table_parse("radii", &table, &err), RP_OK);
  assert_int_equal(table, RP_SHOW_RADII);
  assert_int_equal(rp_show_table_parse("queries", &table, &err), RP_OK);
  assert_int_equal(table, RP_SHOW_QUERIES);
  assert_int_equal(rp_show_table_parse("timeline", &table, &err), RP_OK);
  assert_int_equal(table, RP_SHOW_TIMELINE);
  assert_int_equal(rp_show_table_parse("x", &table, &err), RP_E_USAGE);
  assert_non_null(strstr(err.text, "'x'"));
}

/* ---- Known answers ---- */

static rp_status known_from(const char *text, rp_known **known, rp_error *err) {
  char file[] = "/tmp/rampart-known-XXXXXX";
  const int fd = mkstemp(file);
  FILE *out = fdopen(fd, "w");
  fputs(text, out);
  fclose(out);
  *known = NULL;
  const rp_status status = rp_known_read(file, known, err);
  unlink(file);
  return status;
}

static void known_files_as_people_write_them(void **state) {
  (void)state;
  rp_error err;
  rp_known *k;
  const char verdicts[] =
      "\xef\xbb\xbf\"network\", Sample ,radius,verdict,s\r\n"
      "\"P1,4\",12,2,Robust,1.5\r\n"
      "\r\n"
      "P1-4,3,4.0,NA,\r\n"
      "P1-4,3,2,VIOLATED,7\r\n"
      "P1-4,12,2,robust,again\r\n"
      "P1-4,12,2,,again\r\n"
      "P1-4,4,1,misclassified\r\n"
      "P1-4,4,2,Misclassified\r\n"
      "P1-4,6,2,Non-robust\r\n"
      "P1-4,5,1";
  if (known_from(verdicts, &k, &err) != RP_OK) fail_msg("%s", err.text);
  assert_false(k->radii);
  assert_int_equal(k->n_rows, 7);
  const rp_verdict expected[] = {RP_VIOLATED,      RP_UNKNOWN, RP_MISCLASSIFIED,
                                 RP_MISCLASSIFIED, RP_UNKNOWN, RP_VIOLATED,
                                 RP_ROBUST};
  for (int i = 0; i < 7; i++) assert_int_equal(k->row[i].verdict, expected[i]);
  assert_int_equal(k->row[1].radius, 4);
  rp_known_free(k);
  assert_int_equal(
      known_from("maximum_radius,sample\n3,1\nNA,2\n,5\n4.0,7\n", &k, &err),
      RP_OK);
  assert_true(k->radii);
  assert_int_equal(k->n_rows, 4);
  assert_int_equal(k->row[0].maximum, 3);
  assert_int_equal(k->row[1].maximum, -1);
  assert_int_equal(k->row[3].maximum, 4);
  rp_known_free(k);
  assert_int_equal(known_from("sample,radius,verdict\n", &k, &err), RP_OK);
  assert_int_equal(k->n_rows, 0);
  rp_known_free(k);
}

static void known_files_that_make_no_sense(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      "\n\n",
      "sample,radius\n1,2\n",
      "sample,verdict\n1,robust\n",
      "radius,verdict\n1,robust\n",
      "sample,radius,verdict\nx,1,robust\n",
      "sample,radius,verdict\n-1,1,robust\n",
      "sample,radius,verdict\n1,1.5,robust\n",
      "sample,radius,verdict\n1,99999999999999999999,robust\n",
      "sample,radius,verdict\n1,1,perhaps\n",
      "sample,radius,verdict\n1,1,\"robust\n",
      "sample,radius,verdict\n1,1,\"robust\"x\n",
      "sample,radius,verdict\n1,1,robust\n2,1,robust\n1,1,violated\n",
      "sample,radius,verdict\n1,2,robust\n1,1,violated\n",
      "sample,radius,verdict\n1,1,violated\n1,2,NA\n1,3,robust\n",
      "sample,radius,verdict\n1,1,misclassified\n1,3,violated\n",
      "sample,radius,verdict\n1,1,robust\n1,3,misclassified\n",
      "sample,maximum_radius\n1,3\n1,4\n",
      "sample,maximum_radius\n1,robust\n"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    rp_error err = {""};
    rp_known *k;
    if (known_from(texts[i], &k, &err) != RP_E_INPUT)
      fail_msg("accepted: %s", texts[i]);
    assert_non_null(strstr(err.text, "/tmp/rampart-known-"));
    assert_null(strchr(err.text, '\n'));
  }
  rp_error err;
  rp_known *k;
  assert_int_equal(rp_known_read("/nowhere/x.csv", &k, &err), RP_E_INPUT);
  assert_int_equal(rp_known_read("/tmp", &k, &err), RP_E_INPUT);
}

/* Grades and compares "sample/radius mark" row by row; frees everything. */
static void assert_grades(rp_results *r, const char *text,
                          const char *expected) {
  rp_error err;
  rp_known *k;
  rp_grade *g;
  char found[2048] = "";
  if (known_from(text, &k, &err) != RP_OK) fail_msg("%s", err.text);
  assert_int_equal(rp_grade_results(r, k, &g, &err), RP_OK);
  int64_t sum = 0;
  for (int64_t i = 0; i < g->n_rows; i++)
    sprintf(found + strlen(found), "%d/%d %s\n", (int)g->row[i].sample,
            g->row[i].radius, rp_mark_name(g->row[i].mark));
  for (int mark = 0; mark < RP_MARK_COUNT; mark++) sum += g->count[mark];
  assert_int_equal(sum, g->n_rows);
  assert_string_equal(found, expected);
  rp_grade_free(g);
  rp_known_free(k);
}

static void verdicts_are_graded(void **state) {
  (void)state;
  rp_results *r = new_results("n");
  add_query(r, 9, 1, RP_ROBUST); /* results need not be sorted */
  add_query(r, 1, 1, RP_ROBUST);
  add_query(r, 1, 2, RP_UNKNOWN);
  add_query(r, 1, 3, RP_VIOLATED);
  add_query(r, 2, 1, RP_MISCLASSIFIED);
  add_query(r, 3, 1, RP_MISCLASSIFIED);
  add_query(r, 4, 1, RP_ROBUST);
  add_query(r, 5, 1, RP_UNKNOWN);
  add_query(r, 6, 1, RP_MISCLASSIFIED);
  add_query(r, 7, 1, RP_INVALID);
  add_query(r, 8, 1, RP_ROBUST);
  add_query(r, 8, 1, RP_VIOLATED);
  assert_grades(r,
                "sample,radius,verdict\n"
                "1,1,robust\n1,2,robust\n1,3,robust\n"
                "2,1,NA\n3,1,misclassified\n4,1,\n5,1,unknown\n6,1,robust\n"
                "7,1,violated\n8,1,violated\n20,1,robust\n21,1,NA\n",
                "1/1 ok\n1/2 open here\n1/3 contradiction\n"
                "2/1 ok\n3/1 ok\n4/1 new\n5/1 open in both\n6/1 contradiction\n"
                "7/1 contradiction\n8/1 contradiction\n9/1 new\n"
                "20/1 not asked\n");
  rp_results_free(r);
}

static void intervals_answer_for_queries(void **state) {
  (void)state;
  rp_results *r = new_results("n");
  add_radius(r, 1, 2, 4, true);
  add_radius(r, 2, 5, 5, false); /* closed by the cap */
  add_radius(r, 3, -1, -1, false);
  add_query(r, 1, 2, RP_UNKNOWN);
  assert_grades(
      r,
      "sample,radius,verdict\n"
      "1,1,robust\n1,2,robust\n1,3,robust\n1,4,NA\n1,5,robust\n"
      "1,6,violated\n2,5,violated\n2,6,violated\n2,7,NA\n"
      "3,1,NA\n3,2,misclassified\n",
      "1/1 ok\n1/2 ok\n1/3 open here\n1/4 open here\n1/5 contradiction\n"
      "1/6 ok\n2/5 contradiction\n2/6 capped\n2/7 capped\n"
      "3/1 ok\n3/2 ok\n");
  rp_results_free(r);
}

static void radii_are_graded(void **state) {
  (void)state;
  rp_results *r = new_results("n");
  add_radius(r, 1, 3, 3, true);
  add_radius(r, 2, 3, 3, true);
  add_radius(r, 3, 3, 3, true);
  add_radius(r, 4, 2, 5, true);
  add_radius(r, 5, 2, 5, true);
  add_radius(r, 6, 2, 5, true);
  add_radius(r, 7, 8, 8, false); /* the cap: 9 is not refuted */
  add_radius(r, 8, 8, 8, false);
  add_radius(r, 9, -1, -1, false);
  add_radius(r, 10, -1, -1, false);
  add_radius(r, 11, 3, 3, true);
  add_radius(r, 12, 3, 4, true);
  assert_grades(r,
                "sample,maximum_radius\n1,3\n2,2\n3,4\n4,2\n5,1\n6,6\n7,20\n"
                "8,7\n9,NA\n10,2\n30,1\n31,NA\n",
                "1/0 ok\n2/0 contradiction\n3/0 contradiction\n4/0 open here\n"
                "5/0 contradiction\n6/0 contradiction\n7/0 capped\n"
                "8/0 contradiction\n9/0 ok\n10/0 contradiction\n11/0 new\n"
                "12/0 open in both\n30/0 not asked\n");
  rp_results_free(r);
}

static void maxima_grade_queries(void **state) {
  (void)state;
  rp_results *r = new_results("n");
  add_query(r, 1, 2, RP_ROBUST);
  add_query(r, 1, 3, RP_VIOLATED);
  add_query(r, 1, 4, RP_ROBUST);
  add_query(r, 1, 5, RP_UNKNOWN);
  add_query(r, 2, 1, RP_VIOLATED);
  assert_grades(
      r, "sample,maximum_radius\n1,2\n2,NA\n3,1\n4,NA\n",
      "1/2 ok\n1/3 contradiction\n1/4 contradiction\n1/5 ok\n2/1 new\n"
      "3/0 not asked\n");
  rp_results_free(r);
}

/* Neither side need speak of the other's radius. */
static void radii_imply_each_other(void **state) {
  (void)state;
  rp_results *r = new_results("n");
  add_query(r, 1, 2, RP_ROBUST);
  add_query(r, 2, 2, RP_VIOLATED);
  add_query(r, 3, 2, RP_ROBUST);
  add_query(r, 4, 2, RP_VIOLATED);
  add_query(r, 5, 2, RP_ROBUST);
  add_query(r, 6, 2, RP_VIOLATED);
  add_query(r, 7, 2, RP_MISCLASSIFIED);
  add_query(r, 8, 2, RP_ROBUST);
  add_query(r, 9, 1, RP_UNKNOWN);
  add_query(r, 9, 2, RP_ROBUST);
  add_query(r, 10, 2, RP_UNKNOWN);
  assert_grades(r,
                "sample,radius,verdict\n"
                "1,1,violated\n2,3,robust\n3,1,robust\n4,3,violated\n"
                "5,3,violated\n6,1,robust\n7,1,robust\n8,3,misclassified\n"
                "9,1,violated\n10,1,violated\n",
                "1/1 contradiction\n2/3 contradiction\n"
                "3/1 ok\n3/2 new\n4/2 new\n4/3 ok\n"
                "5/2 new\n5/3 not asked\n6/1 not asked\n6/2 new\n"
                "7/1 contradiction\n8/3 contradiction\n"
                "9/1 contradiction\n10/1 not asked\n10/2 open here\n");
  rp_results_free(r);
  r = new_results("n");
  add_query(r, 1, 2, RP_ROBUST);
  add_query(r, 2, 2, RP_VIOLATED);
  assert_grades(r, "sample,radius,verdict\n1,3,robust\n2,1,violated\n",
                "1/2 ok\n1/3 not asked\n2/1 not asked\n2/2 ok\n");
  rp_results_free(r);
}

/* Without evidence a radius below the cap is refuted all the same; queries of a
 * searched sample count too. */
static void maxima_meet_all_rows(void **state) {
  (void)state;
  rp_results *r = new_results("n");
  r->provenance.radius_cap = 8;
  add_radius(r, 1, 3, 3, false);
  add_radius(r, 2, 3, 3, false);
  add_radius(r, 3, 8, 8, false);
  add_radius(r, 4, 2, 5, true);
  add_query(r, 4, 4, RP_VIOLATED);
  add_unasked(r, 5);
  assert_grades(r, "sample,maximum_radius\n1,5\n2,3\n3,8\n4,4\n5,2\n",
                "1/0 contradiction\n2/0 ok\n3/0 capped\n4/0 contradiction\n"
                "5/0 open here\n");
  rp_results_free(r);
}

static rp_grade *grade_to_print;
static void grade(FILE *out, const rp_results *r) {
  (void)r;
  rp_grade_print(out, grade_to_print);
}

static void contradictions_are_listed(void **state) {
  (void)state;
  rp_error err;
  rp_known *k;
  rp_results *r = new_results("n");
  add_query(r, 17, 4, RP_VIOLATED);
  add_query(r, 18, 4, RP_ROBUST);
  add_query(r, 19, 2, RP_ROBUST);
  assert_int_equal(known_from("sample,radius,verdict\n17,4,robust\n"
                              "18,4,robust\n19,1,violated\n",
                              &k, &err),
                   RP_OK);
  assert_int_equal(rp_grade_results(r, k, &grade_to_print, &err), RP_OK);
  assert_prints(
      grade, NULL,
      "known answers: 1 ok, 0 new, 0 open in both, 0 open here, 0 not asked, "
      "2 contradictions\n"
      "contradiction: sample 17, radius 4: known robust, found "
      "violated\n"
      "contradiction: sample 19, radius 1: known violated, found "
      "robust at radius 2\n");
  rp_grade_free(grade_to_print);
  rp_known_free(k);
  rp_results_free(r);
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  rp_results *r = new_results("n");
  add_query(r, 1, 1, RP_ROBUST);
  add_radius(r, 1, 1, 2, true);
  rp_status status = RP_E_MEMORY;
  for (uint64_t n = 1; status != RP_OK; n++) {
    rp_error err = {""};
    rp_known *k = NULL;
    rp_grade *g = NULL;
    rp_alloc_fail_after(n);
    status =
        known_from("sample,radius,verdict\n1,1,robust\n2,1,robust\n", &k, &err);
    if (status == RP_OK) status = rp_grade_results(r, k, &g, &err);
    rp_alloc_fail_after(0);
    assert_true(status == RP_OK || status == RP_E_MEMORY);
    assert_true(status == RP_OK || strlen(err.text) > 0);
    rp_grade_free(g);
    rp_known_free(k);
  }
  rp_results_free(r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(csv_as_documented),
      cmocka_unit_test(accuracy_is_an_interval),
      cmocka_unit_test(tables_for_the_terminal),
      cmocka_unit_test(a_cap_is_no_radius),
      cmocka_unit_test(what_was_not_asked_has_no_radius),
      cmocka_unit_test(states_without_evidence),
      cmocka_unit_test(states_are_filtered),
      cmocka_unit_test(timeline_as_documented),
      cmocka_unit_test(names_of_tables),
      cmocka_unit_test(known_files_as_people_write_them),
      cmocka_unit_test(known_files_that_make_no_sense),
      cmocka_unit_test(verdicts_are_graded),
      cmocka_unit_test(intervals_answer_for_queries),
      cmocka_unit_test(radii_are_graded),
      cmocka_unit_test(maxima_grade_queries),
      cmocka_unit_test(radii_imply_each_other),
      cmocka_unit_test(maxima_meet_all_rows),
      cmocka_unit_test(contradictions_are_listed),
      cmocka_unit_test(every_allocation_may_fail)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
