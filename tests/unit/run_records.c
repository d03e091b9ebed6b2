/* Records of the journal: what is kept comes back, and bytes that cannot be an
 * answer or an interval of this job are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run/records.h"
#include "sched/radius.h"

enum { N_IN = 3 };

static const uint8_t witness[N_IN] = {7, 8, 9};

static rp_known_answer make_violated(void) {
  return (rp_known_answer){.worker = 5,
                           .task = {.query = 12,
                                    .question = {.sample = 34,
                                                 .label = 2,
                                                 .radius = 6,
                                                 .cpu_limit_s = 1.5}},
                           .proofs_end = 1LL << 40,
                           .answer = {.verdict = RP_VIOLATED,
                                      .evidence = RP_EVIDENCE_REPLAY,
                                      .distance = 4,
                                      .seconds = 0.25,
                                      .cpu_seconds = 0.125},
                           .witness = witness};
}

static bool read_answer(const rp_bytes *wire, size_t size,
                        rp_known_answer *known) {
  const rp_journal_record record = {RP_RECORD_ANSWER_KEPT, wire->data, size};
  return rp_record_get_answer(&record, N_IN, known);
}

static bool comes_back(const rp_known_answer *known) {
  rp_bytes wire = {0};
  rp_known_answer found;
  rp_record_put_answer(&wire, known, N_IN);
  assert_false(wire.failed);
  const bool good = read_answer(&wire, wire.size, &found);
  free(wire.data);
  return good;
}

static void answers_come_back(void **state) {
  (void)state;
  const rp_known_answer known = make_violated();
  rp_known_answer found;
  rp_bytes wire = {0};
  rp_record_put_answer(&wire, &known, N_IN);
  assert_true(read_answer(&wire, wire.size, &found));
  assert_int_equal(found.worker, 5);
  assert_int_equal(found.task.query, 12);
  assert_int_equal(found.task.question.sample, 34);
  assert_int_equal(found.task.question.radius, 6);
  assert_true(found.task.question.cpu_limit_s == 1.5);
  assert_true(found.proofs_end == 1LL << 40);
  assert_int_equal(found.answer.verdict, RP_VIOLATED);
  assert_int_equal(found.answer.distance, 4);
  assert_true(found.answer.seconds == 0.25);
  assert_true(found.answer.cpu_seconds == 0.125);
  assert_memory_equal(found.witness, witness, N_IN);
  free(wire.data);
  rp_known_answer none = known;
  none.witness = NULL; /* not kept, of a query of this rank */
  assert_true(comes_back(&none));
}

static void cut_or_longer_records_are_refused(void **state) {
  (void)state;
  const rp_known_answer known = make_violated();
  rp_known_answer found;
  rp_bytes wire = {0};
  rp_record_put_answer(&wire, &known, N_IN);
  for (size_t size = 0; size < wire.size; size++)
    assert_false(read_answer(&wire, size, &found));
  rp_bytes_put(&wire, 0, 1);
  assert_false(read_answer(&wire, wire.size, &found));
  free(wire.data);
}

static void impossible_answers_are_refused(void **state) {
  (void)state;
  rp_known_answer k = make_violated();
  assert_true(comes_back(&k));
  k.answer.distance = k.task.question.radius + 1; /* beyond the radius */
  assert_false(comes_back(&k));
  k.answer.distance = 0;
  assert_false(comes_back(&k));
  k = make_violated();
  k.task.question.radius = 0;
  assert_false(comes_back(&k));
  k.task.question.radius = RP_RADIUS_MAX + 1;
  assert_false(comes_back(&k));
  k = make_violated();
  k.answer.verdict = RP_ROBUST; /* with a counterexample */
  assert_false(comes_back(&k));
  k.witness = NULL;
  k.answer.distance = 0;
  assert_true(comes_back(&k));
}

static bool radius_comes_back(const rp_sched_interval *known,
                              rp_sched_interval *found) {
  rp_bytes wire = {0};
  rp_record_put_radius(&wire, known, N_IN);
  const rp_journal_record record = {RP_RECORD_RADIUS_KEPT, wire.data,
                                    wire.size};
  const bool good = rp_record_get_radius(&record, N_IN, found);
  if (good && found->witness)
    assert_memory_equal(found->witness, known->witness, N_IN);
  if (good) found->witness = NULL;
  for (size_t size = 0; size < wire.size; size++) {
    rp_sched_interval part;
    const rp_journal_record cut = {RP_RECORD_RADIUS_KEPT, wire.data, size};
    assert_false(rp_record_get_radius(&cut, N_IN, &part));
  }
  free(wire.data);
  return good;
}

static void intervals_come_back(void **state) {
  (void)state;
  const rp_sched_interval known = {.sample = 77,
                                   .verdict = RP_UNKNOWN,
                                   .lo = 3,
                                   .refuted = 9,
                                   .seconds = 2,
                                   .cpu_seconds = 1,
                                   .witness = witness};
  rp_sched_interval found;
  assert_true(radius_comes_back(&known, &found));
  assert_int_equal(found.sample, 77);
  assert_int_equal(found.verdict, RP_UNKNOWN);
  assert_int_equal(found.lo, 3);
  assert_int_equal(found.refuted, 9);
  assert_true(found.seconds == 2 && found.cpu_seconds == 1);
}

static void impossible_intervals_are_refused(void **state) {
  (void)state;
  static const struct {
    int32_t lo, refuted;
    bool good;
  } ends[] = {{0, 0, true},    {0, 1, true},    {5, 6, true},
              {5, 5, false},   {6, 5, false},   {-1, 4, false},
              {0, -1, false},  {4095, 0, true}, {4096, 0, false},
              {3, 4096, false}};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    const rp_sched_interval known = {
        .verdict = RP_ROBUST, .lo = ends[i].lo, .refuted = ends[i].refuted};
    rp_sched_interval found;
    assert_int_equal(radius_comes_back(&known, &found), ends[i].good);
  }
  rp_sched_interval late = {.verdict = RP_ROBUST, .seconds = -1}, found;
  assert_false(radius_comes_back(&late, &found));
  late = (rp_sched_interval){.verdict = RP_VERDICT_COUNT};
  assert_false(radius_comes_back(&late, &found));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_come_back),
      cmocka_unit_test(cut_or_longer_records_are_refused),
      cmocka_unit_test(impossible_answers_are_refused),
      cmocka_unit_test(intervals_come_back),
      cmocka_unit_test(impossible_intervals_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
