/* What rank 0 keeps on disk: answers of a run that was killed are heard again
 * by the next one, which goes on with questions that were under way unless what
 * is left of them is damaged; a complete run leaves only results, results never
 * get poorer, and files of another job are refused and stay as they are. What a
 * killed run worked on is asked alone. */
#include "small_job.h"

#include <sys/stat.h>

#include "run/ledger_internal.h"
#include "sched/radius.h"

enum { MOST_ROWS = 16 };

/* One run: sample 0 and 2, each at radii 2 and 9. */
typedef struct life {
  rp_job *job;
  rp_setup setup;
  rp_ledger *ledger;
  rp_sched *sched;
  rp_error err;
  int n_rows; /* that the scheduler told when the run began */
  rp_answer row[MOST_ROWS];
  int64_t query[MOST_ROWS];
  uint8_t witness[2];
  int n_tasks, n_pieces; /* sent, and of these subproblems with bytes */
  rp_sched_task last;
} life;

/* Class 1, at distance 4 of sample 0. */
static const uint8_t counterexample[2] = {0, 6};

static void send_task(void *context, int32_t worker,
                      const rp_sched_task *task) {
  life *const l = context;
  (void)worker;
  l->n_tasks++;
  l->last = *task;
  l->n_pieces += task->question.subproblem_size > 0;
}

static void cancel_task(void *context, int32_t worker, int64_t task,
                        bool abandon) {
  (void)context;
  (void)worker;
  (void)task;
  (void)abandon;
}

static void note_query(void *context, int64_t query, int32_t worker,
                       const rp_answer *answer, const uint8_t *witness) {
  life *const l = context;
  (void)worker;
  assert_true(l->n_rows < MOST_ROWS);
  l->query[l->n_rows] = query;
  l->row[l->n_rows++] = *answer;
  if (witness) memcpy(l->witness, witness, 2);
}

static void note_radius(void *context, const rp_sched_radius *row) {
  (void)context;
  (void)row;
}

static life *prepare(temp_folder *folder, const char *output, rp_begin begin) {
  life *const l = calloc(1, sizeof *l);
  l->job = make_small_job(folder);
  add_line(l->job, "0,2", 2, 9);
  if (output) l->job->output = temp_file_kept(folder, output);
  l->job->begin = begin;
  assert_int_equal(rp_setup_load(l->job, &l->setup, NULL), RP_OK);
  return l;
}

static rp_status open_and_begin(life *l) {
  static const rp_sched_actions none = {.send = send_task,
                                        .cancel = cancel_task,
                                        .query_row = note_query,
                                        .radius_row = note_radius};
  rp_sched_actions actions = none;
  actions.context = l;
  RP_TRY(rp_ledger_open(l->job, &l->setup, &l->ledger, &l->err));
  assert_int_equal(rp_sched_create(&l->setup.plan, &actions, 1, &l->sched),
                   RP_OK);
  return rp_ledger_begin(l->ledger, l->sched, &l->err);
}

static life *start(temp_folder *folder, const char *output, rp_begin begin) {
  life *const l = prepare(folder, output, begin);
  if (open_and_begin(l) != RP_OK) fail_msg("%s", l->err.text);
  return l;
}

static void end(life *l, bool complete) {
  rp_ledger_close(l->ledger, complete);
  rp_sched_free(l->sched);
  rp_setup_free(&l->setup);
  rp_job_free(l->job);
  free(l);
}

static void keep_answer(life *l, int64_t query, rp_verdict verdict,
                        const uint8_t *witness) {
  const rp_sched_task task = {.id = query + 1,
                              .query = query,
                              .search = -1,
                              .question = l->setup.plan.query[query]};
  const rp_answer answer = {.verdict = verdict,
                            .evidence =
                                witness ? RP_EVIDENCE_REPLAY : RP_EVIDENCE_TREE,
                            .distance = witness ? 4 : 0,
                            .seconds = 0.5};
  rp_ledger_answer(l->ledger, 0, &task, &answer, witness);
}

/* Written as when a process is killed, not as when power is lost. */
static void write_out(life *l) {
  assert_int_equal(rp_ledger_write(l->ledger, 0, &l->err), RP_OK);
}

/* The rows of this run: sample 0 robust at 2 and as given at 9, sample 2
 * robust. */
static rp_results *make_rows(const life *l, rp_verdict at_9) {
  rp_results *r;
  assert_int_equal(rp_results_create(&r, NULL), RP_OK);
  rp_setup_describe(&l->setup, l->job, "a test", 1, 1, &r->provenance);
  for (int64_t i = 0; i < l->setup.plan.n_queries; i++) {
    const rp_question *const q = &l->setup.plan.query[i];
    const bool is_it = q->sample == 0 && q->radius == 9;
    rp_query_row row = {.sample = q->sample,
                        .label = l->setup.data->label[q->sample],
                        .radius = q->radius,
                        .verdict = is_it ? at_9 : RP_ROBUST,
                        .evidence = RP_EVIDENCE_TREE};
    const uint8_t *const x = row.verdict == RP_VIOLATED ? counterexample : NULL;
    if (x) row.distance = 4;
    if (x) row.evidence = RP_EVIDENCE_REPLAY;
    if (row.verdict == RP_UNKNOWN) row.reason = RP_REASON_TIME;
    if (row.verdict == RP_UNKNOWN) row.evidence = RP_EVIDENCE_NONE;
    assert_int_equal(rp_results_add_query(r, &row, x, NULL), RP_OK);
  }
  assert_int_equal(rp_results_sort(r, NULL), RP_OK);
  return r;
}

static bool is_there(temp_folder *folder, const char *name) {
  struct stat about;
  return stat(temp_file(folder, name), &about) == 0;
}

static const char *say(const life *l) {
  static char text[1000];
  memset(text, 0, sizeof text);
  FILE *const out = fmemopen(text, sizeof text - 1, "w");
  rp_ledger_say(l->ledger, out);
  fclose(out);
  return text;
}

static void without_an_output_nothing_is_kept(void **state) {
  temp_folder *const folder = *state;
  life *const l = start(folder, NULL, RP_BEGIN_AUTO);
  keep_answer(l, 0, RP_ROBUST, NULL);
  write_out(l);
  assert_null(rp_ledger_complete(l->ledger));
  assert_null(rp_ledger_proofs(l->ledger));
  assert_string_equal(say(l), "");
  end(l, false);
}

static void answers_of_a_killed_run_are_heard_again(void **state) {
  temp_folder *const folder = *state;
  life *l = start(folder, "killed.h5", RP_BEGIN_AUTO);
  assert_int_equal(l->n_rows, 0);
  keep_answer(l, 0, RP_ROBUST, NULL);
  keep_answer(l, 1, RP_VIOLATED, counterexample);
  write_out(l);
  end(l, false);
  assert_true(is_there(folder, "killed.h5.journal"));
  l = start(folder, "killed.h5", RP_BEGIN_AUTO);
  assert_int_equal(l->n_rows, 2);
  assert_true(l->query[0] == 0 && l->query[1] == 1);
  assert_int_equal(l->row[0].verdict, RP_ROBUST);
  assert_true(l->row[0].seconds == 0.5);
  assert_int_equal(l->row[1].verdict, RP_VIOLATED);
  assert_memory_equal(l->witness, counterexample, 2);
  assert_non_null(strstr(say(l), "going on with 2 answers"));
  assert_null(rp_ledger_complete(l->ledger));
  keep_answer(l, 3, RP_ROBUST, NULL);
  write_out(l);
  end(l, false);
  l = start(folder, "killed.h5", RP_BEGIN_AUTO);
  assert_int_equal(l->n_rows, 3);
  end(l, false);
}

static void a_run_without_answers_leaves_no_journal(void **state) {
  temp_folder *const folder = *state;
  end(start(folder, "none.h5", RP_BEGIN_AUTO), false);
  assert_false(is_there(folder, "none.h5.journal"));
  assert_false(is_there(folder, "none.h5"));
}

static void a_complete_run_leaves_only_results(void **state) {
  temp_folder *const folder = *state;
  life *l = start(folder, "complete.h5", RP_BEGIN_AUTO);
  keep_answer(l, 0, RP_ROBUST, NULL);
  rp_results *rows = make_rows(l, RP_VIOLATED);
  assert_int_equal(rp_ledger_results(l->ledger, rows, &l->err), RP_OK);
  rp_results_free(rows);
  end(l, true);
  assert_true(is_there(folder, "complete.h5"));
  assert_false(is_there(folder, "complete.h5.journal"));
  l = prepare(folder, "complete.h5", RP_BEGIN_RESUME);
  if (rp_ledger_open(l->job, &l->setup, &l->ledger, &l->err) != RP_OK)
    fail_msg("%s", l->err.text);
  rows = rp_ledger_complete(l->ledger);
  assert_non_null(rows);
  assert_int_equal(rows->n_queries, 4);
  rp_results_free(rows);
  end(l, false);
  assert_true(is_there(folder, "complete.h5"));
}

/* A decided answer is not replaced by an open one. */
static void results_never_get_poorer(void **state) {
  temp_folder *const folder = *state;
  for (int again = 0; again < 2; again++) {
    life *const l = start(folder, "poorer.h5", RP_BEGIN_AUTO);
    rp_results *const rows = make_rows(l, again ? RP_UNKNOWN : RP_VIOLATED);
    assert_int_equal(rp_ledger_results(l->ledger, rows, &l->err), RP_OK);
    rp_results_free(rows);
    end(l, true);
  }
  rp_results *found;
  assert_int_equal(
      rp_results_read(temp_file(folder, "poorer.h5"), &found, NULL), RP_OK);
  assert_int_equal(found->n_queries, 4);
  assert_int_equal(found->query[1].verdict, RP_VIOLATED);
  assert_int_equal(found->query[1].radius, 9);
  assert_memory_equal(
      rp_results_get_counterexample(found, found->query[1].counterexample),
      counterexample, 2);
  rp_results_free(found);
}

static void contradictions_are_not_written(void **state) {
  temp_folder *const folder = *state;
  life *l = start(folder, "contradiction.h5", RP_BEGIN_AUTO);
  rp_results *rows = make_rows(l, RP_VIOLATED);
  assert_int_equal(rp_ledger_results(l->ledger, rows, &l->err), RP_OK);
  rp_results_free(rows);
  end(l, true);
  size_t size, after;
  const char *const file = temp_file(folder, "contradiction.h5");
  uint8_t *const before = bytes_got(file, &size);
  l = start(folder, "contradiction.h5", RP_BEGIN_AUTO);
  rows = make_rows(l, RP_ROBUST);
  assert_int_equal(rp_ledger_results(l->ledger, rows, &l->err), RP_E_INPUT);
  rp_results_free(rows);
  end(l, false);
  uint8_t *const now = bytes_got(temp_file(folder, "contradiction.h5"), &after);
  assert_int_equal(size, after);
  assert_memory_equal(before, now, size);
  free(before);
  free(now);
}

static void a_fresh_run_sets_older_files_aside(void **state) {
  temp_folder *const folder = *state;
  life *l = start(folder, "fresh.h5", RP_BEGIN_AUTO);
  keep_answer(l, 0, RP_ROBUST, NULL);
  write_out(l);
  end(l, false);
  l = start(folder, "fresh.h5", RP_BEGIN_FRESH);
  assert_int_equal(l->n_rows, 0);
  assert_non_null(strstr(say(l), "earlier results are kept as"));
  end(l, false);
  assert_true(is_there(folder, "fresh.old-1.h5.journal"));
}

static void expect_refused(life *l, const char *why) {
  assert_int_equal(open_and_begin(l), RP_E_INPUT);
  if (!strstr(l->err.text, why)) fail_msg("%s: no %s", l->err.text, why);
  end(l, false);
}

static void answers_of_another_job_are_refused(void **state) {
  temp_folder *const folder = *state;
  life *l = start(folder, "other.h5", RP_BEGIN_AUTO);
  keep_answer(l, 0, RP_ROBUST, NULL);
  write_out(l);
  end(l, false);
  size_t size, after;
  uint8_t *const before =
      bytes_got(temp_file(folder, "other.h5.journal"), &size);
  l = prepare(folder, "other.h5", RP_BEGIN_AUTO);
  strcpy(l->setup.net->sha256, "0000");
  expect_refused(l, "network");
  uint8_t *const now = bytes_got(temp_file(folder, "other.h5.journal"), &after);
  assert_int_equal(size, after);
  assert_memory_equal(before, now, size);
  free(before);
  free(now);
}

/* ---- questions that were under way ---- */

static const rp_sched_piece pieces[2] = {
    {.number = 1, .bytes = (const uint8_t *)"first", .size = 5},
    {.number = 2, .bytes = (const uint8_t *)"second", .size = 6}};

static rp_sched_left make_left(const life *l) {
  return (rp_sched_left){
      .task = {.query = 1, .search = -1, .question = l->setup.plan.query[1]},
      .answer = {.seconds = 2},
      .joined = 3,
      .last_number = 2,
      .last_id = 9,
      .n = 2,
      .piece = pieces};
}

static void append(life *l, uint32_t kind, rp_bytes *wire) {
  rp_ledger_append(l->ledger, kind, wire);
  l->ledger->empty = false;
}

static void append_piece(life *l, const rp_sched_piece *piece) {
  rp_bytes wire = {0};
  rp_record_put_piece(&wire, piece);
  append(l, RP_RECORD_PIECE_LEFT, &wire);
}

/* The question with the digest of the two pieces. */
static void append_question(life *l, const rp_sched_left *left) {
  rp_known_left known = {.left = *left};
  rp_bytes wire = {0};
  assert_int_equal(rp_record_sum_left(left, known.sha256), RP_OK);
  rp_record_put_left(&wire, &known);
  append(l, RP_RECORD_QUESTION_LEFT, &wire);
}

/* How many pieces the next run sends its only worker. */
static int count_pieces_of_next(temp_folder *folder, life *l) {
  write_out(l);
  end(l, false);
  l = start(folder, "left.h5", RP_BEGIN_AUTO);
  const bool is_said = strstr(say(l), "1 begun question") != NULL;
  rp_sched_join(l->sched, 0, RP_SCHED_HOLD);
  const int n = l->n_pieces;
  assert_true(l->n_tasks > 0);
  assert_int_equal(is_said, n > 0);
  end(l, false);
  (void)remove(temp_file(folder, "left.h5.journal"));
  return n;
}

static void the_next_run_goes_on_with_what_is_left(void **state) {
  temp_folder *const folder = *state;
  life *l = start(folder, "left.h5", RP_BEGIN_AUTO);
  const rp_sched_left left = make_left(l);
  rp_ledger_left(l->ledger, &left);
  rp_ledger_left(l->ledger, &left); /* the last one counts */
  assert_int_equal(count_pieces_of_next(folder, l), 1); /* at a time */
}

static void an_answer_makes_pieces_pointless(void **state) {
  temp_folder *const folder = *state;
  life *l = start(folder, "left.h5", RP_BEGIN_AUTO);
  const rp_sched_left left = make_left(l);
  rp_ledger_left(l->ledger, &left);
  keep_answer(l, 1, RP_ROBUST, NULL);
  write_out(l);
  end(l, false);
  l = start(folder, "left.h5", RP_BEGIN_AUTO);
  assert_int_equal(l->n_rows, 1);
  rp_sched_join(l->sched, 0, RP_SCHED_HOLD);
  assert_int_equal(l->n_pieces, 0);
  end(l, false);
  (void)remove(temp_file(folder, "left.h5.journal"));
}

/* Whatever is wrong, the question is asked from its start. */
static void pieces_that_are_not_whole_are_left_out(void **state) {
  temp_folder *const folder = *state;
  enum {
    MISSING,
    DOUBLED,
    DAMAGED,
    EXCHANGED,
    FOREIGN,
    MORE,
    NONE,
    UNBALANCED,
    KILLED,
    CASES
  };
  for (int fault = 0; fault < CASES; fault++) {
    life *l = start(folder, "left.h5", RP_BEGIN_AUTO);
    rp_sched_left left = make_left(l), other = left;
    rp_sched_piece first = pieces[0];
    if (fault == DAMAGED) first.bytes = (const uint8_t *)"fiRst";
    if (fault == FOREIGN) first = (rp_sched_piece){1, pieces[1].bytes, 6};
    if (fault != NONE && fault != EXCHANGED) append_piece(l, &first);
    if (fault == DOUBLED) append_piece(l, &first);
    if (fault != NONE && fault != MISSING) append_piece(l, &pieces[1]);
    if (fault == EXCHANGED) append_piece(l, &first);
    if (fault == MORE) append_piece(l, &pieces[1]);
    if (fault == UNBALANCED) other.joined = 2;
    if (fault != KILLED) append_question(l, &other);
    if (count_pieces_of_next(folder, l) != 0) fail_msg("fault %d", fault);
  }
}

/* ---- questions of which a process may have died ---- */

static life *start_after_death(temp_folder *folder, life *l, int64_t query) {
  const rp_sched_task task = {
      .query = query,
      .losses = rp_ledger_count_losses(
          l->ledger, &(rp_sched_task){.query = query,
                                      .question = l->setup.plan.query[query]}),
      .question = l->setup.plan.query[query]};
  rp_ledger_running(l->ledger, 3, &task, 1);
  write_out(l);
  end(l, false); /* what is noted stays noted, as after a kill */
  assert_true(is_there(folder, "died.h5.running"));
  return start(folder, "died.h5", RP_BEGIN_AUTO);
}

static void what_a_process_died_of_is_asked_alone_then_given_up(void **state) {
  temp_folder *const folder = *state;
  life *l = start(folder, "died.h5", RP_BEGIN_AUTO);
  keep_answer(l, 0, RP_ROBUST, NULL);
  for (int deaths = 1; deaths < RP_SCHED_LOSSES; deaths++) {
    l = start_after_death(folder, l, 1);
    assert_int_equal(l->n_rows, 1);
    assert_non_null(strstr(say(l), "asked alone, at the end: 1 question of"));
    rp_sched_join(l->sched, 0, 1);
    assert_int_equal(l->n_tasks, 1);
    assert_true(l->last.query != 1);
  }
  l = start_after_death(folder, l, 1);
  assert_int_equal(l->n_rows, 2);
  assert_int_equal(l->query[1], 1);
  assert_int_equal(l->row[1].verdict, RP_UNKNOWN);
  assert_int_equal(l->row[1].reason, RP_REASON_MEMORY);
  assert_null(strstr(say(l), "asked alone"));
  end(l, true);
  assert_false(is_there(folder, "died.h5.running"));
}

/* Pieces of such a question are asked alone, too. */
static void a_stop_forgets_deaths(void **state) {
  temp_folder *const folder = *state;
  life *l = start(folder, "died.h5", RP_BEGIN_AUTO);
  const rp_sched_left left = make_left(l);
  rp_ledger_left(l->ledger, &left);
  l = start_after_death(folder, l, 1);
  assert_non_null(strstr(say(l), "asked alone, at the end: 1 question of"));
  assert_non_null(strstr(say(l), "1 begun question"));
  rp_ledger_left(l->ledger, &left);
  write_out(l);
  end(l, false);
  l = start(folder, "died.h5", RP_BEGIN_AUTO);
  assert_null(strstr(say(l), "asked alone"));
  end(l, true);
}

static void notes_that_are_damaged_are_passed_over(void **state) {
  temp_folder *const folder = *state;
  for (int byte = 0; byte < 40; byte++) {
    life *l = start(folder, "died.h5", RP_BEGIN_AUTO);
    keep_answer(l, 0, RP_ROBUST, NULL);
    const rp_sched_task task = {.query = 1, .question = l->setup.plan.query[1]};
    rp_ledger_running(l->ledger, 0, &task, 1);
    write_out(l);
    end(l, false);
    FILE *const file = fopen(temp_file(folder, "died.h5.running"), "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, byte, SEEK_SET), 0);
    assert_int_equal(fputc(0x5a, file), 0x5a);
    assert_int_equal(fclose(file), 0);
    l = start(folder, "died.h5", RP_BEGIN_AUTO);
    assert_null(strstr(say(l), "asked alone"));
    end(l, true);
  }
}

/* The sample itself is no counterexample. */
static void a_witness_that_the_network_denies_is_refused(void **state) {
  temp_folder *const folder = *state;
  life *l = start(folder, "denied.h5", RP_BEGIN_AUTO);
  keep_answer(l, 1, RP_VIOLATED, l->setup.data->x);
  write_out(l);
  end(l, false);
  l = prepare(folder, "denied.h5", RP_BEGIN_AUTO);
  expect_refused(l, "not about this job");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_an_output_nothing_is_kept),
      cmocka_unit_test(answers_of_a_killed_run_are_heard_again),
      cmocka_unit_test(a_run_without_answers_leaves_no_journal),
      cmocka_unit_test(a_complete_run_leaves_only_results),
      cmocka_unit_test(results_never_get_poorer),
      cmocka_unit_test(contradictions_are_not_written),
      cmocka_unit_test(a_fresh_run_sets_older_files_aside),
      cmocka_unit_test(answers_of_another_job_are_refused),
      cmocka_unit_test(the_next_run_goes_on_with_what_is_left),
      cmocka_unit_test(an_answer_makes_pieces_pointless),
      cmocka_unit_test(pieces_that_are_not_whole_are_left_out),
      cmocka_unit_test(what_a_process_died_of_is_asked_alone_then_given_up),
      cmocka_unit_test(a_stop_forgets_deaths),
      cmocka_unit_test(notes_that_are_damaged_are_passed_over),
      cmocka_unit_test(a_witness_that_the_network_denies_is_refused),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
