/* What must be equal for which purpose: each field of the provenance is changed
 * alone, and the difference is found for its own purpose and for no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/same_job.h"

static const unsigned all_purposes =
    RP_SAME_ANSWERS | RP_SAME_SHARD | RP_SAME_QUESTIONS | RP_SAME_EFFORT;

static rp_provenance make_run(void) {
  rp_provenance p;
  memset(&p, 0, sizeof p);
  strcpy(p.network_sha256, "0123456789abcdef");
  strcpy(p.dataset_sha256, "fedcba9876543210");
  strcpy(p.questions_sha256, "11");
  strcpy(p.rule, "R0");
  strcpy(p.tie_rule, "first maximum");
  strcpy(p.engine, "hull");
  strcpy(p.version, "1.2.3");
  strcpy(p.evidence, "full");
  p.n_in = 4;
  p.in_hi = 15;
  p.radius_cap = 7;
  p.values = RP_VALUES_INTEGERS;
  rp_options_default(&p.options);
  return p;
}

/* A change of `other` is found for its purpose alone. */
static void assert_found(const rp_provenance *run, const rp_provenance *other,
                         rp_same purpose, const char *name) {
  rp_same_item item, found;
  assert_true(rp_same_differ(run, other, purpose, &item, &found));
  assert_string_equal(item.name, name);
  assert_string_equal(found.name, name);
  assert_string_not_equal(item.value, found.value);
  assert_true(rp_same_differ(run, other, all_purposes, NULL, NULL));
  assert_false(rp_same_differ(run, other, all_purposes & ~(unsigned)purpose,
                              &item, &found));
}

typedef struct text_change {
  size_t offset;
  rp_same purpose;
  const char *name;
} text_change;

#define CHANGE(field, purpose, name)                                           \
  { offsetof(rp_provenance, field), RP_SAME_##purpose, name }

static void texts_are_compared(void **state) {
  (void)state;
  static const text_change changes[] = {
      CHANGE(version, ANSWERS, "version of Rampart"),
      CHANGE(network_sha256, ANSWERS, "network"),
      CHANGE(rule, ANSWERS, "rounding rule"),
      CHANGE(tie_rule, ANSWERS, "tie rule"),
      CHANGE(dataset_sha256, ANSWERS, "dataset"),
      CHANGE(labels_sha256, ANSWERS, "file of labels"),
      CHANGE(x_name, ANSWERS, "array of samples"),
      CHANGE(y_name, ANSWERS, "array of labels"),
      CHANGE(engine, ANSWERS, "engine"),
      CHANGE(shard, SHARD, "shard"),
      CHANGE(questions_sha256, QUESTIONS, "set of samples and radii"),
      CHANGE(evidence, QUESTIONS, "evidence")};
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    const rp_provenance run = make_run();
    rp_provenance other = run;
    strcpy((char *)&other + changes[i].offset, "else");
    assert_found(&run, &other, changes[i].purpose, changes[i].name);
  }
}

static void numbers_are_compared(void **state) {
  (void)state;
  static const text_change changes[] = {
      CHANGE(bits, ANSWERS, "number of bits"),
      CHANGE(input_bits, ANSWERS, "number of input bits"),
      CHANGE(n_in, ANSWERS, "number of inputs"),
      CHANGE(in_lo, ANSWERS, "least input"),
      CHANGE(in_hi, ANSWERS, "number of input steps"),
      CHANGE(radius_cap, QUESTIONS, "radius cap")};
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    const rp_provenance run = make_run();
    rp_provenance other = run;
    ++*(int32_t *)(void *)((char *)&other + changes[i].offset);
    assert_found(&run, &other, changes[i].purpose, changes[i].name);
  }
}

/* Limits decide what is left unknown, threads do not. */
static void options_that_decide_are_compared(void **state) {
  (void)state;
  size_t n;
  const rp_option_info *const option = rp_option_rows(&n);
  int compared = 0;
  for (size_t i = 0; i < n; i++) {
    const rp_provenance run = make_run();
    rp_provenance other = run;
    rp_error err;
    if (rp_options_set(&other.options, option[i].name, "17", &err) != RP_OK)
      continue; /* no number */
    if (rp_option_decides(&option[i])) {
      assert_found(&run, &other, RP_SAME_EFFORT, option[i].name);
      compared++;
    } else {
      assert_false(rp_same_differ(&run, &other, all_purposes, NULL, NULL));
    }
  }
  assert_true(compared >= 5);
}

static void names_of_files_and_runs_may_differ(void **state) {
  (void)state;
  const rp_provenance run = make_run();
  rp_provenance other = run;
  strcpy(other.title, "another");
  strcpy(other.network, "another");
  strcpy(other.network_file, "/elsewhere/net.h5");
  strcpy(other.dataset_file, "/elsewhere/data.h5");
  strcpy(other.labels_file, "/elsewhere/labels");
  strcpy(other.job_sha256, "77");
  strcpy(other.proofs, "something");
  strcpy(other.date_created, "2030-01-01T00:00:00Z");
  strcpy(other.history, "another command line");
  other.ranks = 7;
  other.threads = 9;
  other.questions = 100;
  other.options.threads = 5;
  assert_false(rp_same_differ(&run, &other, all_purposes, NULL, NULL));
}

/* Pixels are integers where the network's inputs are 0..255. */
static void equivalent_values_are_the_same(void **state) {
  (void)state;
  rp_provenance run = make_run();
  rp_provenance other = run;
  other.values = RP_VALUES_PIXELS;
  assert_found(&run, &other, RP_SAME_ANSWERS,
               "statement of the dataset's values");
  run.in_hi = other.in_hi = 255;
  assert_false(rp_same_differ(&run, &other, all_purposes, NULL, NULL));
}

static void every_item_has_its_own_name(void **state) {
  (void)state;
  const rp_provenance run = make_run();
  rp_same_item item[RP_SAME_MOST];
  const size_t n = rp_same_describe(&run, item);
  assert_in_range(n, 20, RP_SAME_MOST);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < i; k++)
      assert_string_not_equal(item[i].name, item[k].name);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_are_compared),
      cmocka_unit_test(numbers_are_compared),
      cmocka_unit_test(options_that_decide_are_compared),
      cmocka_unit_test(names_of_files_and_runs_may_differ),
      cmocka_unit_test(equivalent_values_are_the_same),
      cmocka_unit_test(every_item_has_its_own_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
