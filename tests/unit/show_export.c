/* Exports: one line for each question, decided rows before open ones, pixels in
 * the order of the shape, and nothing written where a file exists already or
 * the network denies a counterexample. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "show/export.h"
#include "show/export_item.h"
#include "small_net.h"
#include "temp_folder.h"

static uint8_t samples[] = {1, 2, 5, 5};
static int32_t labels[] = {0, 0};
static const uint8_t counterexample[] = {0, 4};

typedef struct scene {
  rp_net *net;
  rp_dataset data;
  rp_results *results;
  rp_export what;
  char folder[512];
} scene;

static void scene_init(scene *s, temp_folder *base, const char *name) {
  *s = (scene){.net = make_small_net(15, 0)};
  s->data = (rp_dataset){.n = 2, .dim = 2, .x = samples, .label = labels};
  strcpy(s->data.name, "data.csv");
  assert_int_equal(rp_results_create(&s->results, NULL), RP_OK);
  rp_provenance *const p = &s->results->provenance;
  strcpy(p->network, "two, or =more");
  strcpy(p->network_file, "/some/folder/two.net.h5");
  p->n_in = 2;
  p->in_hi = 15;
  p->radius_cap = 9;
  snprintf(s->folder, sizeof s->folder, "%s", temp_file(base, name));
  s->what = (rp_export){.results = s->results,
                        .net = s->net,
                        .data = &s->data,
                        .folder = s->folder,
                        .vnncomp = true,
                        .shape = {1, 2, 1, false}};
}

static void scene_fini(scene *s) {
  rp_results_free(s->results);
  rp_net_free(s->net);
}

static void add_query(scene *s, int64_t sample, int32_t radius,
                      rp_verdict verdict, const uint8_t *x) {
  const rp_query_row row = {.sample = sample,
                            .radius = radius,
                            .verdict = verdict,
                            .reason = verdict == RP_UNKNOWN ? RP_REASON_TIME
                                                            : RP_REASON_NONE,
                            .distance = x ? 2 : 0,
                            .seconds = 0.25};
  assert_int_equal(rp_results_add_query(s->results, &row, x, NULL), RP_OK);
}

static void add_radius(scene *s, int64_t sample, int32_t lo, int32_t hi,
                       rp_verdict verdict, const uint8_t *x) {
  const rp_radius_row row = {
      .sample = sample, .lo = lo, .hi = hi, .verdict = verdict, .seconds = 4};
  assert_int_equal(rp_results_add_radius(s->results, &row, x, NULL), RP_OK);
}

/* A whole text file of the folder; the caller frees it. */
static char *read_text(const scene *s, const char *name) {
  char path[600];
  size_t size;
  snprintf(path, sizeof path, "%s/%s", s->folder, name);
  char *const text = (char *)bytes_got(path, &size);
  text[size] = '\0';
  return text;
}

static void empty(scene *s, const char *const *names) {
  char path[600];
  for (; *names; names++) {
    snprintf(path, sizeof path, "%s/%s", s->folder, *names);
    assert_int_equal(unlink(path), 0);
  }
  assert_int_equal(rmdir(s->folder), 0);
}

static void every_question_has_one_line(void **state) {
  static const char *const written[] = {"results.csv",
                                        "prop_0_1.vnnlib",
                                        "prop_0_2.vnnlib",
                                        "prop_0_3.vnnlib",
                                        "prop_1_4.vnnlib",
                                        "prop_1_9.vnnlib",
                                        "two.net_prop_0_2.counterexample.gz",
                                        NULL};
  scene s;
  rp_export_count count;
  scene_init(&s, *state, "lines");
  add_query(&s, 0, 1, RP_ROBUST, NULL);
  add_query(&s, 0, 2, RP_UNKNOWN, NULL);
  add_query(&s, 0, 3, RP_UNKNOWN, NULL);
  add_query(&s, 1, 4, RP_ROBUST, NULL);
  add_query(&s, 1, 5, RP_MISCLASSIFIED, NULL);
  add_query(&s, 1, 9, RP_UNKNOWN, NULL); /* the search decides it */
  add_radius(&s, 0, 1, 1, RP_ROBUST, counterexample); /* sat at 2 */
  add_radius(&s, 1, 9, 9, RP_ROBUST, NULL);           /* at the cap */
  assert_int_equal(rp_export_write(&s.what, &count, NULL), RP_OK);
  assert_int_equal(count.lines, 5);
  assert_int_equal(count.joined, 3);
  assert_int_equal(count.left_out, 1);
  assert_int_equal(count.counterexamples, 1);
  assert_int_equal(count.of_searches, 2);
  assert_int_equal(count.without, 0);
  char *const text = read_text(&s, "results.csv");
  assert_string_equal(
      text, "two_ or =more,/some/folder/two.net.h5,prop_0_1.vnnlib,0,unsat,"
            "0.250000000\n"
            "two_ or =more,/some/folder/two.net.h5,prop_0_2.vnnlib,0,sat,"
            "4.000000000\n"
            "two_ or =more,/some/folder/two.net.h5,prop_0_3.vnnlib,0,timeout,"
            "0.250000000\n"
            "two_ or =more,/some/folder/two.net.h5,prop_1_4.vnnlib,0,unsat,"
            "0.250000000\n"
            "two_ or =more,/some/folder/two.net.h5,prop_1_9.vnnlib,0,unsat,"
            "4.000000000\n");
  free(text);
  empty(&s, written);
  scene_fini(&s);
}

static void properties_are_boxes_and_rivals(void **state) {
  static const char *const written[] = {"results.csv", "prop_0_2.vnnlib", NULL};
  scene s;
  rp_export_count count;
  scene_init(&s, *state, "property");
  add_query(&s, 0, 2, RP_ROBUST, NULL);
  assert_int_equal(rp_export_write(&s.what, &count, NULL), RP_OK);
  char *const text = read_text(&s, "prop_0_2.vnnlib");
  assert_non_null(strstr(text, "(declare-const X_1 Real)\n"));
  assert_non_null(strstr(text, "(declare-const Y_1 Real)\n"));
  assert_null(strstr(text, "X_2"));
  /* x0 = 1 is clipped at 0; x1 = 2. */
  assert_non_null(strstr(text, "(assert (>= X_0 0))\n(assert (<= X_0 3))\n"
                               "(assert (>= X_1 0))\n(assert (<= X_1 4))\n"));
  assert_non_null(strstr(text, "(assert (or\n"
                               "  (and (>= Y_1 (+ Y_0 1)))\n))\n"));
  free(text);
  empty(&s, written);
  scene_fini(&s);
}

static void counterexamples_come_with_their_outputs(void **state) {
  (void)state;
  scene s;
  char text[200] = "";
  scene_init(&s, *state, "none");
  const rp_export_item item = {
      .sample = 0, .radius = 2, .verdict = RP_VIOLATED, .x = counterexample};
  FILE *const out = fmemopen(text, sizeof text, "w");
  assert_int_equal(rp_export_counterexample(out, &s.what, &item, NULL), RP_OK);
  fclose(out);
  assert_string_equal(text, "((X_0 0)\n(X_1 4)\n(Y_0 -1)\n(Y_1 2))\n");
  scene_fini(&s);
}

static bool is_there(const scene *s, const char *name) {
  char path[600];
  struct stat about;
  snprintf(path, sizeof path, "%s/%s", s->folder, name);
  return lstat(path, &about) == 0;
}

static void nothing_is_written_where_a_file_exists(void **state) {
  static const char *const first[] = {"prop_0_2.vnnlib", NULL};
  static const char *const all[] = {"results.csv", "prop_0_2.vnnlib", NULL};
  scene s;
  rp_export_count count;
  rp_error err;
  char path[600];
  scene_init(&s, *state, "exists");
  add_query(&s, 0, 2, RP_ROBUST, NULL);
  assert_int_equal(mkdir(s.folder, 0777), 0);
  snprintf(path, sizeof path, "%s/%s", s.folder, first[0]);
  bytes_put(path, "mine", 4);
  assert_int_equal(rp_export_write(&s.what, &count, &err), RP_E_INPUT);
  assert_non_null(strstr(err.text, "prop_0_2.vnnlib: exists"));
  assert_false(is_there(&s, "results.csv"));
  char *text = read_text(&s, first[0]);
  assert_string_equal(text, "mine");
  free(text);
  s.what.force = true;
  assert_int_equal(rp_export_write(&s.what, &count, &err), RP_OK);
  text = read_text(&s, first[0]);
  assert_string_not_equal(text, "mine");
  free(text);
  empty(&s, all);
  scene_fini(&s);
}

static void denied_counterexamples_are_refused(void **state) {
  scene s;
  rp_error err;
  char text[200] = "";
  scene_init(&s, *state, "denied");
  const rp_export_item item = {.sample = 0,
                               .radius = 2,
                               .verdict = RP_VIOLATED,
                               .x = samples}; /* the sample itself */
  FILE *const out = fmemopen(text, sizeof text, "w");
  assert_int_equal(rp_export_counterexample(out, &s.what, &item, &err),
                   RP_E_INPUT);
  fclose(out);
  assert_string_equal(text, "");
  assert_non_null(strstr(err.text, "does not confirm"));
  scene_fini(&s);
}

static void samples_of_another_dataset_are_refused(void **state) {
  scene s;
  rp_error err;
  char text[2000] = "";
  scene_init(&s, *state, "foreign");
  static const rp_export_item items[] = {
      {.sample = 2, .label = 0, .radius = 1}, /* there are two */
      {.sample = -1, .label = 0, .radius = 1},
      {.sample = 1, .label = 1, .radius = 1}}; /* its label is 0 */
  for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
    FILE *const out = fmemopen(text, sizeof text, "w");
    assert_int_equal(rp_export_property(out, &s.what, &items[i], &err),
                     RP_E_INPUT);
    fclose(out);
  }
  assert_string_equal(text, "");
  scene_fini(&s);
}

static void shapes_are_parsed(void **state) {
  (void)state;
  static const struct {
    const char *text;
    rp_shape shape;
  } good[] = {{"28x14", {28, 14, 1, false}},
              {"4x5x3", {4, 5, 3, false}},
              {"3x4x5", {4, 5, 3, true}},
              {"7x1x1", {7, 1, 1, false}}};
  static const char *const bad[] = {"",     "28",      "28x",     "x28",
                                    "0x3",  "3x4x5x1", "4x5x2",   "-2x3",
                                    "2x 3", "2X3",     "70000x2", "2x3 "};
  rp_shape shape;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_true(rp_shape_parse(good[i].text, &shape));
    assert_int_equal(shape.height, good[i].shape.height);
    assert_int_equal(shape.width, good[i].shape.width);
    assert_int_equal(shape.channels, good[i].shape.channels);
    assert_int_equal(shape.channels_first, good[i].shape.channels_first);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(rp_shape_parse(bad[i], &shape));
}

static void one_dimension_is_a_square_or_a_row(void **state) {
  (void)state;
  rp_shape shape;
  assert_true(rp_shape_from_dims(1, (int32_t[]){784}, &shape));
  assert_true(shape.height == 28 && shape.width == 28);
  assert_true(rp_shape_from_dims(1, (int32_t[]){785}, &shape));
  assert_true(shape.height == 1 && shape.width == 785);
  assert_false(rp_shape_from_dims(4, (int32_t[]){1, 2, 3, 4}, &shape));
}

static void pictures_have_the_values_of_inputs(void **state) {
  scene s;
  uint8_t *bytes;
  size_t size;
  scene_init(&s, *state, "picture");
  const rp_export_item item = {.sample = 7,
                               .label = 0,
                               .radius = 2,
                               .verdict = RP_VIOLATED,
                               .x = counterexample};
  assert_int_equal(rp_export_pgm(&s.what, &item, &bytes, &size, NULL), RP_OK);
  static const char head[] =
      "P5\n# sample 7, label 0: counterexample at radius 2\n2 1\n15\n";
  assert_int_equal(size, sizeof head - 1 + 2);
  assert_memory_equal(bytes, head, sizeof head - 1);
  assert_memory_equal(bytes + sizeof head - 1, counterexample, 2);
  free(bytes);
  scene_fini(&s);
}

static void a_shape_that_does_not_fit_is_refused(void **state) {
  scene s;
  rp_export_count count;
  rp_error err;
  scene_init(&s, *state, "shape");
  s.what.vnncomp = false;
  s.what.pgm = true;
  s.what.shape = (rp_shape){2, 2, 1, false};
  assert_int_equal(rp_export_write(&s.what, &count, &err), RP_E_USAGE);
  assert_non_null(strstr(err.text, "2x2x1 is 4 numbers"));
  s.results->provenance.n_in = 12;
  s.what.shape = (rp_shape){2, 2, 3, false};
  assert_int_equal(rp_export_write(&s.what, &count, &err), RP_E_USAGE);
  assert_non_null(strstr(err.text, "use png"));
  s.results->provenance.n_in = 2;
  scene_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_question_has_one_line),
      cmocka_unit_test(properties_are_boxes_and_rivals),
      cmocka_unit_test(counterexamples_come_with_their_outputs),
      cmocka_unit_test(nothing_is_written_where_a_file_exists),
      cmocka_unit_test(denied_counterexamples_are_refused),
      cmocka_unit_test(samples_of_another_dataset_are_refused),
      cmocka_unit_test(shapes_are_parsed),
      cmocka_unit_test(one_dimension_is_a_square_or_a_row),
      cmocka_unit_test(pictures_have_the_values_of_inputs),
      cmocka_unit_test(a_shape_that_does_not_fit_is_refused),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
