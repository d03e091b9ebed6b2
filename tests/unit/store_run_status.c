/* The status file of a run: what is written comes back, what is not one is
 * refused, and the line keeps to its width. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/run_status.h"

static char results[64] = "/tmp/rampart-status-XXXXXX", file[80];

static int place_made(void **state) {
  (void)state;
  const int fd = mkstemp(results);
  snprintf(file, sizeof file, "%s.status", results);
  return fd < 0 ? -1 : close(fd);
}

static int place_removed(void **state) {
  (void)state;
  (void)unlink(file);
  return unlink(results);
}

static rp_run_status example(void) {
  return (rp_run_status){.state = "running",
                         .host = "node17",
                         .pid = 4711,
                         .began = 1700000000,
                         .updated = 1700000075.25,
                         .elapsed_s = 75.25,
                         .done = 37,
                         .total = 100,
                         .count = {.of = {[RP_ROBUST] = 15,
                                          [RP_VIOLATED] = 10,
                                          [RP_UNKNOWN] = 1,
                                          [RP_MISCLASSIFIED] = 1,
                                          [RP_INVALID] = 3},
                                   .closed = 4,
                                   .capped = 2,
                                   .open = 1},
                         .busy = 8,
                         .ranks = 8,
                         .rate = 0.5,
                         .longest_sample = 112,
                         .longest_radius = 9,
                         .longest_rank = 3,
                         .longest_s = 61,
                         .left_low_s = 62,
                         .left_high_s = 290};
}

static void what_is_written_comes_back(void **state) {
  (void)state;
  rp_run_status s = example(), t;
  assert_int_equal(rp_run_status_write(&s, results, NULL), RP_OK);
  assert_int_equal(rp_run_status_read(results, &t, NULL), RP_OK);
  assert_string_equal(t.state, "running");
  assert_string_equal(t.host, "node17");
  assert_int_equal(t.pid, 4711);
  assert_true(t.updated == 1700000075.25 && t.rate == 0.5);
  assert_int_equal(t.count.of[RP_MISCLASSIFIED], 1);
  assert_int_equal(t.count.capped, 2);
  assert_int_equal(t.count.of[RP_INVALID], 3);
  assert_int_equal(t.longest_sample, 112);
  assert_true(t.left_high_s == 290);
  s.left_high_s = HUGE_VAL;
  assert_int_equal(rp_run_status_write(&s, results, NULL), RP_OK);
  assert_int_equal(rp_run_status_read(results, &t, NULL), RP_OK);
  assert_true(t.left_low_s == 62 && isinf(t.left_high_s));
  s.left_low_s = s.left_high_s = NAN;
  assert_int_equal(rp_run_status_write(&s, results, NULL), RP_OK);
  assert_int_equal(rp_run_status_read(results, &t, NULL), RP_OK);
  assert_true(isnan(t.left_low_s) && isnan(t.left_high_s));
}

static const char *state_now(void) {
  static rp_run_status s;
  return rp_run_status_read(results, &s, NULL) == RP_OK ? s.state : "none";
}

static void a_run_keeps_to_its_own_file(void **state) {
  (void)state;
  rp_run_status s = example();
  (void)unlink(file);
  rp_run_status_set_state(results, "running"); /* makes none */
  assert_string_equal(state_now(), "none");
  rp_run_status_begin(results);
  assert_string_equal(state_now(), "starting");
  rp_run_status_set_state(results, "writing");
  assert_string_equal(state_now(), "writing");
  rp_run_status_end(results);
  assert_string_equal(state_now(), "none");

  s.updated = (double)time(NULL); /* another host's, and it lives */
  assert_int_equal(rp_run_status_write(&s, results, NULL), RP_OK);
  rp_run_status_begin(results);
  rp_run_status_set_state(results, "failed");
  rp_run_status_end(results);
  assert_string_equal(state_now(), "running");
  s.updated -= 2 * RP_RUN_STATUS_DEAD_S;
  assert_int_equal(rp_run_status_write(&s, results, NULL), RP_OK);
  rp_run_status_begin(results);
  assert_string_equal(state_now(), "starting");
  rp_run_status_set_state(results, "failed");
  rp_run_status_end(results);
  assert_string_equal(state_now(), "failed");
}

/* A new file each time, or ext4 flushes it (temp_folder.h). */
static void put(const char *text, size_t size) {
  (void)unlink(file);
  FILE *const out = fopen(file, "w");
  assert_non_null(out);
  fwrite(text, 1, size, out);
  fclose(out);
}

/* Every prefix, and every byte replaced by others: read or refused, and never
 * more than a line is said. */
static void damaged_files_are_refused_or_read(void **state) {
  (void)state;
  static const char others[] = "\"\\\n9-e,{\x7f\xff";
  const rp_run_status s = example();
  char text[4096];
  rp_run_status t;
  assert_int_equal(rp_run_status_write(&s, results, NULL), RP_OK);
  FILE *const in = fopen(file, "r");
  const size_t size = fread(text, 1, sizeof text, in);
  fclose(in);
  for (size_t i = 0; i < size; i++) {
    rp_error err = {""};
    put(text, i);
    if (i + 2 < size)
      assert_int_equal(rp_run_status_read(results, &t, &err), RP_E_INPUT);
    const char was = text[i];
    for (size_t k = 0; k < sizeof others - 1; k++) {
      char line[RP_RUN_LINE];
      text[i] = others[k];
      put(text, size);
      if (rp_run_status_read(results, &t, &err) == RP_OK)
        rp_run_status_line(&t, 80, line);
      else
        assert_null(strchr(err.text, '\n'));
    }
    text[i] = was;
  }
}

static void the_line_keeps_to_its_width(void **state) {
  (void)state;
  const rp_run_status s = example();
  char text[RP_RUN_LINE];
  rp_run_status_line(&s, 1000, text);
  assert_string_equal(
      text,
      "37/100 done, robust 15, violated 10, unknown 1, closed 4, capped 2, "
      "open 1, misclassified 1, invalid 3, busy 8/8, 30.0/min, 1m15s, 1m to 5m "
      "left, longest: sample 112 radius 9 for 1m01s");
  for (int width = 1000; width > 12; width--) {
    rp_run_status_line(&s, width, text);
    assert_true((int)strlen(text) <= width);
    assert_memory_equal(text, "37/100 done", 11);
  }
  rp_run_status_line(&s, 130, text);
  assert_null(strstr(text, "longest"));
  assert_non_null(strstr(text, "1m to 5m left"));
}

static const char *line_left(double low, double high) {
  static char text[RP_RUN_LINE];
  rp_run_status s = {.state = "running",
                     .total = 2,
                     .longest_sample = -1,
                     .left_low_s = low,
                     .left_high_s = high};
  rp_run_status_line(&s, 1000, text);
  return strrchr(text, ',') + 2;
}

static void times_left_look_like_guesses(void **state) {
  (void)state;
  assert_string_equal(line_left(0.2, 0.9), "about 1s left");
  assert_string_equal(line_left(40, 55), "30s to 1m left");
  assert_string_equal(line_left(61.7, 62.3), "about 1m left");
  assert_string_equal(line_left(130, HUGE_VAL), "2m or more left");
  assert_string_equal(line_left(3000, 8000), "45m to 3h left");
  assert_string_equal(line_left(100000, 500000), "30h to 6d left");
  /* What is told holds what is meant. */
  assert_string_equal(line_left(1.7, 8), "1s to 10s left");
  assert_string_equal(line_left(26 * 60, 70 * 60), "20m to 2h left");
  assert_string_equal(line_left(170000, 180000), "45h to 3d left");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_comes_back),
      cmocka_unit_test(a_run_keeps_to_its_own_file),
      cmocka_unit_test(damaged_files_are_refused_or_read),
      cmocka_unit_test(the_line_keeps_to_its_width),
      cmocka_unit_test(times_left_look_like_guesses),
  };
  return cmocka_run_group_tests(tests, place_made, place_removed);
}
