/* What came of all rows: every row is given to somebody, answered once by
 * whom it was given to, and printed in its place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"

/* In place of who checks a row. */
enum { ANSWERED = -1, NOT_GIVEN = -2, LEFT_OUT = -3 };

void rp_check_begin_tally(const task *t, rp_check_tally *y) {
  const int64_t n = rp_check_count_rows(&t->results);
  *y = (rp_check_tally){.task = t, .n_rows = n};
  y->holder = rp_check_alloc((size_t)n, sizeof *y->holder);
  y->text = rp_check_alloc((size_t)n, sizeof *y->text);
  y->state = rp_check_alloc((size_t)n, sizeof *y->state);
  for (int64_t i = 0; i < n; i++) {
    const bool wanted =
        t->sample < 0 || t->sample == rp_check_get_row(&t->results, i)->sample;
    y->holder[i] = wanted ? NOT_GIVEN : LEFT_OUT;
    y->state[i] = wanted ? 0 : UNSEEN;
  }
}

int64_t rp_check_give_row(rp_check_tally *y, int32_t holder) {
  int64_t given = -1;
#pragma omp critical(tally)
  {
    while (y->next < y->n_rows && y->holder[y->next] == LEFT_OUT) y->next++;
    if (y->next < y->n_rows) {
      given = y->next++;
      y->holder[given] = holder;
    }
  }
  return given;
}

static bool is_finding(const finding *found) {
  for (int k = 0; k < N_COUNTS; k++)
    if (found->n[k] < 0 || (found->n[k] > MOST_CLAIMS && k != WRITTEN))
      return false;
  return memchr(found->text, '\0', sizeof found->text) &&
         (found->text[0] != '\0') == (found->n[FALSE] > 0);
}

static void keep(rp_check_tally *y, const finding *found) {
  y->holder[found->row] = ANSWERED;
  for (int k = 0; k < N_COUNTS; k++) y->n[k] += found->n[k];
  y->state[found->row] = (int8_t)(found->n[PROVED]    ? 1
                                  : found->n[REFUTED] ? -1
                                                      : 0);
  if (!found->text[0]) return;
  y->text[found->row] =
      strcpy(rp_check_alloc(strlen(found->text), 1), found->text);
}

static void print_what_is_next(rp_check_tally *y) {
  for (; y->printed < y->n_rows; y->printed++) {
    const int64_t i = y->printed;
    if (y->holder[i] != ANSWERED && y->holder[i] != LEFT_OUT) return;
    if (!y->text[i]) continue;
    fputs(y->text[i], stdout);
    fflush(stdout);
    free(y->text[i]);
  }
}

bool rp_check_take_finding(rp_check_tally *y, int32_t holder,
                           const finding *found) {
  bool good;
#pragma omp critical(tally)
  {
    good = found->row >= 0 && found->row < y->n_rows && holder >= 0 &&
           y->holder[found->row] == holder && is_finding(found);
    if (good) {
      keep(y, found);
      print_what_is_next(y);
    }
  }
  return good;
}

static void print_written(const task *t, const long long *n) {
  printf("%s: ", rp_printable(t->results.f.file).text);
  if (n[WRITTEN] > 0)
    printf("%lld claims written to %s, ", n[WRITTEN],
           rp_printable(t->folder).text);
  else
    fputs("nothing to claim, and no folder made, ", stdout);
  printf("%lld open, %lld without evidence, %lld FAILED\n", n[UNKNOWN], n[BARE],
         n[FALSE]);
}

static void print_totals(const task *t, const long long *n) {
  const results *r = &t->results;
  const rp_printable_text file = rp_printable(r->f.file);
  if (t->folder)
    print_written(t, n);
  else
    printf("%s: %lld robust proved, %lld refuted, %lld "
           "misclassified, %lld open, %lld without evidence, %lld FAILED\n",
           file.text, n[PROVED], n[REFUTED], n[MISCLASSIFIED], n[UNKNOWN],
           n[BARE], n[FALSE]);
  if (r->n_searches > 0 && !t->folder)
    printf("radii: %lld closed, %lld at least %d, the cap of the search\n",
           n[CLOSED], n[AT_LEAST], r->cap);
  fflush(stdout);
}

/* What follows about any patch, if no row of it is wrong. */
static void print_patches(const rp_check_tally *y) {
  const results *r = &y->task->results;
  long long of[3] = {0};
  if (r->patch == 0 || r->n_queries == 0 || y->task->folder || y->n[FALSE] > 0)
    return;
  rp_check_join_places(r, y->state, of);
  printf("any patch of %d x %d: %lld robust at all %d places, %lld refuted at "
         "one, %lld neither\n",
         r->patch, r->patch, of[2], r->places, of[0], of[1]);
  fflush(stdout);
}

int rp_check_end_tally(rp_check_tally *y) {
  const bool all = y->printed == y->n_rows;
  if (all) {
    print_totals(y->task, y->n);
    print_patches(y);
  } else
    fprintf(stderr, "rampart-check: row %lld was not checked\n",
            (long long)y->printed);
  free(y->holder);
  free(y->text);
  free(y->state);
  return !all || y->n[FALSE] ? FAILED : y->n[BARE] ? UNPROVED : 0;
}

void rp_check_remaining_rows(rp_check_tally *y) {
  finding found;
  for (int64_t i; (i = rp_check_give_row(y, 0)) >= 0;) {
    rp_check_row(y->task, i, &found);
    if (!rp_check_take_finding(y, 0, &found)) return;
  }
}

int rp_check_rows(const task *t, int jobs) {
  rp_check_tally y;
  rp_check_begin_tally(t, &y);
  if (t->folder) rp_check_create_folder(t->folder, true);
#pragma omp parallel num_threads(jobs)
  rp_check_remaining_rows(&y);
  if (t->folder) rp_check_finish_claims(t);
  return rp_check_end_tally(&y);
}
