/* The functions of librampart against enumeration: balls, boxes and maximum
 * radii of tiny networks that were read from files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "input/network_file.h"
#include "rampart/rampart.h"
#include "temp_folder.h"
#include "tiny_net.h"

enum { NETWORKS = 60, BOXES = 12 };

static const tiny_plan plan = {2, 3, 6, 1024, 63};

static rp_error err;

/* A network, by the library and by enumeration, and one sample of it. */
typedef struct scene {
  rp_model *model;
  enumeration all;
  int32_t n, in_hi;
  uint8_t x[TINY_INPUTS];
  int32_t label;
} scene;

static rp_model *open_model(const char *file) {
  rp_model *model = NULL;
  if (rp_model_open(file, NULL, 0, 0, &model, &err) != RP_OK)
    fail_msg("%s", err.text);
  return model;
}

static void set(rp_model *model, const char *option, const char *value) {
  if (rp_model_set(model, option, value, &err) != RP_OK)
    fail_msg("%s", err.text);
}

/* Loose bounds, no attacks and no enumeration, each in half of the cases, so
 * that all methods have something to decide. */
static void scene_init(temp_folder *folder, rp_rng *rng, scene *s) {
  rp_net *const net = tiny_net(rng, &plan);
  const char *const file = temp_file(folder, "net.h5");
  assert_non_null(net);
  assert_int_equal(rp_network_write(net, file, NULL), RP_OK);
  enumerate(net, &s->all);
  s->n = net->n_in;
  s->in_hi = net->in_hi;
  rp_net_free(net);
  s->model = open_model(file);
  if (rp_rng_below(rng, 2)) set(s->model, "dual_steps", "0");
  if (rp_rng_below(rng, 2)) set(s->model, "attack_moves", "0");
  if (rp_rng_below(rng, 2)) set(s->model, "box_points", "0");
  const int32_t k = (int32_t)rp_rng_below(rng, (uint32_t)s->all.n);
  memcpy(s->x, input_of(&s->all, k), TINY_INPUTS);
  s->label = s->all.prediction[k];
}

static void scene_fini(scene *s) {
  rp_model_close(s->model);
  enumeration_fini(&s->all);
}

static bool is_inside(const scene *s, const uint8_t *x,
                      uint8_t box[2][TINY_INPUTS]) {
  for (int32_t p = 0; p < s->n; p++)
    if (x[p] < box[0][p] || x[p] > box[1][p]) return false;
  return true;
}

static bool is_box_violated(const scene *s, uint8_t box[2][TINY_INPUTS]) {
  for (int32_t k = 0; k < s->all.n; k++)
    if (s->all.prediction[k] != s->label &&
        is_inside(s, input_of(&s->all, k), box))
      return true;
  return false;
}

/* Long and thin, a point, or everything: a box is no ball. */
static void draw_box(rp_rng *rng, const scene *s, uint8_t box[2][TINY_INPUTS]) {
  for (int32_t p = 0; p < s->n; p++) {
    const uint32_t kind = rp_rng_below(rng, 3);
    box[0][p] = kind == 0 ? s->x[p] : (uint8_t)between(rng, 0, s->x[p]);
    box[1][p] = kind == 0 ? s->x[p] : (uint8_t)between(rng, s->x[p], s->in_hi);
  }
}

static void replays(const scene *s, const uint8_t *witness) {
  int32_t class_;
  assert_int_equal(rp_model_predict(s->model, witness, &class_), RP_OK);
  assert_int_not_equal(class_, s->label);
}

static void boxes_are_those_of_enumeration(void **state) {
  rp_rng rng = rng_of_test(__func__);
  int64_t count[RP_VERDICT_COUNT] = {0};
  for (int32_t i = 0; i < NETWORKS; i++) {
    scene s;
    scene_init(*state, &rng, &s);
    for (int32_t b = 0; b < BOXES; b++) {
      uint8_t box[2][TINY_INPUTS], witness[TINY_INPUTS];
      rp_reason reason;
      draw_box(&rng, &s, box);
      const rp_verdict verdict = rp_model_verify_box(
          s.model, s.x, s.label, (const uint8_t *const[2]){box[0], box[1]},
          witness, &reason);
      assert_int_equal(verdict,
                       is_box_violated(&s, box) ? RP_VIOLATED : RP_ROBUST);
      assert_int_equal(reason, RP_REASON_NONE);
      assert_string_equal(rp_model_message(s.model), "");
      count[verdict]++;
      if (verdict != RP_VIOLATED) continue;
      assert_true(is_inside(&s, witness, box));
      replays(&s, witness);
    }
    scene_fini(&s);
  }
  assert_true(count[RP_ROBUST] > 50 && count[RP_VIOLATED] > 50);
}

static void radii_are_those_of_enumeration(void **state) {
  rp_rng rng = rng_of_test(__func__);
  for (int32_t i = 0; i < NETWORKS; i++) {
    scene s;
    scene_init(*state, &rng, &s);
    int32_t distance, radii[2];
    uint8_t witness[TINY_INPUTS];
    (void)nearest_change(&s.all, s.x, s.label, &distance);
    const int32_t cap = (int32_t)between(&rng, 0, s.in_hi);
    const int32_t most = cap ? cap : s.in_hi;
    assert_int_equal(
        rp_model_radius(s.model, s.x, s.label, cap, radii, witness), RP_ROBUST);
    assert_int_equal(radii[0], distance > most ? most : distance - 1);
    assert_int_equal(radii[1], radii[0]);
    if (distance <= most) {
      assert_int_equal(distance_of(s.x, witness, s.n), distance);
      replays(&s, witness);
    }
    for (int32_t r = 1; r <= s.in_hi; r++)
      assert_int_equal(rp_model_verify(s.model, s.x, s.label, r, witness, NULL),
                       distance <= r ? RP_VIOLATED : RP_ROBUST);
    scene_fini(&s);
  }
}

static void is_invalid(const scene *s, rp_verdict verdict, const char *says) {
  assert_int_equal(verdict, RP_INVALID);
  assert_int_equal(rp_model_reason(s->model), RP_REASON_NONE);
  if (!strstr(rp_model_message(s->model), says))
    fail_msg("expected '%s' in '%s'", says, rp_model_message(s->model));
}

/* The target is another class; classes are asked about again afterwards. */
static void properties_are_those_of_enumeration(void **state) {
  rp_rng rng = rng_of_test(__func__);
  int64_t count[RP_VERDICT_COUNT] = {0};
  for (int32_t i = 0; i < NETWORKS; i++) {
    scene s;
    scene_init(*state, &rng, &s);
    const int32_t classes = rp_model_classes(s.model);
    const int32_t target = (s.label + 1) % classes;
    char text[64];
    int32_t distance = INT32_MAX, radii[2];
    uint8_t witness[TINY_INPUTS];
    for (int32_t k = 0; k < s.all.n; k++) {
      const int32_t d = distance_of(s.x, input_of(&s.all, k), s.n);
      if (s.all.prediction[k] == target && d < distance) distance = d;
    }
    snprintf(text, sizeof text, "never class %d", target);
    assert_int_equal(rp_model_ask(s.model, text, &err), RP_OK);
    set(s.model, "seed", "7"); /* options do not end the property */
    for (int32_t r = 1; r <= s.in_hi; r++) {
      const rp_verdict verdict =
          rp_model_verify(s.model, s.x, s.label, r, witness, NULL);
      assert_int_equal(verdict, distance <= r ? RP_VIOLATED : RP_ROBUST);
      count[verdict]++;
      int32_t class_;
      if (verdict != RP_VIOLATED) continue;
      assert_int_equal(rp_model_predict(s.model, witness, &class_), RP_OK);
      assert_int_equal(class_, target);
    }
    assert_int_equal(rp_model_radius(s.model, s.x, s.label, 0, radii, witness),
                     RP_ROBUST);
    assert_int_equal(radii[0], distance > s.in_hi ? s.in_hi : distance - 1);
    is_invalid(&s, rp_model_verify(s.model, s.x, target, 1, witness, NULL),
               "another class than the label");
    assert_int_equal(rp_model_ask(s.model, "never class 99", &err), RP_E_INPUT);
    assert_non_null(strstr(err.text, "expected a class from 0 to "));
    (void)nearest_change(&s.all, s.x, s.label, &distance);
    assert_int_equal(rp_model_verify(s.model, s.x, s.label, 1, witness, NULL),
                     distance <= 1 ? RP_VIOLATED : RP_ROBUST);
    scene_fini(&s);
  }
  assert_true(count[RP_ROBUST] > 50 && count[RP_VIOLATED] > 20);
}

static void predictions_of_many_are_those_of_each(void **state) {
  rp_rng rng = rng_of_test(__func__);
  for (int32_t i = 0; i < 10; i++) {
    scene s;
    scene_init(*state, &rng, &s);
    uint8_t *const x = calloc((size_t)s.all.n, (size_t)s.n);
    int32_t *const class_ = calloc((size_t)s.all.n, sizeof *class_);
    for (int32_t k = 0; k < s.all.n; k++)
      memcpy(x + (size_t)k * (size_t)s.n, input_of(&s.all, k), (size_t)s.n);
    assert_int_equal(rp_model_predict_all(s.model, s.all.n, x, class_, &err),
                     RP_OK);
    assert_memory_equal(class_, s.all.prediction,
                        (size_t)s.all.n * sizeof *class_);
    x[s.n + 1] = (uint8_t)(s.in_hi + 1);
    assert_int_equal(rp_model_predict_all(s.model, s.all.n, x, class_, &err),
                     RP_E_RANGE);
    assert_non_null(strstr(err.text, "sample 1, input 1: expected 0 to "));
    free(x);
    free(class_);
    scene_fini(&s);
  }
}

static void what_is_out_of_range_is_named(void **state) {
  rp_rng rng = rng_of_test(__func__);
  scene s;
  scene_init(*state, &rng, &s);
  rp_model *const m = s.model;
  uint8_t w[TINY_INPUTS], lo[TINY_INPUTS] = {0}, hi[TINY_INPUTS];
  int32_t radii[2];
  memset(hi, s.in_hi, sizeof hi);
  const uint8_t *const box[2] = {lo, hi}, *const turned[2] = {hi, lo};
  is_invalid(&s, rp_model_verify(m, s.x, -1, 1, w, NULL), "expected a label 0");
  is_invalid(&s, rp_model_verify(m, s.x, 99, 1, w, NULL), "found 99");
  is_invalid(&s, rp_model_verify(m, s.x, s.label, 0, w, NULL),
             "radius 0: expected 1 to 255");
  is_invalid(&s, rp_model_verify(m, s.x, s.label, 256, w, NULL), "radius 256");
  is_invalid(&s, rp_model_verify_box(m, s.x, s.label, turned, w, NULL),
             "box, input 0: expected lo <= sample <= hi");
  hi[1] = (uint8_t)(s.in_hi + 1);
  is_invalid(&s, rp_model_verify_box(m, s.x, s.label, box, w, NULL),
             "box, input 1");
  is_invalid(&s, rp_model_radius(m, s.x, s.label, s.in_hi + 1, radii, w),
             "radius cap");
  is_invalid(&s, rp_model_radius(m, s.x, s.label, -1, radii, w), "radius cap");
  assert_int_equal(radii[0], -1);
  s.x[1] = (uint8_t)(s.in_hi + 1);
  is_invalid(&s, rp_model_verify(m, s.x, s.label, 1, w, NULL),
             "sample, input 1: expected 0 to ");
  scene_fini(&s);
}

static void a_wrong_label_is_misclassified(void **state) {
  rp_rng rng = rng_of_test(__func__);
  scene s;
  scene_init(*state, &rng, &s);
  const int32_t other = s.label ? 0 : 1;
  uint8_t witness[TINY_INPUTS];
  int32_t radii[2];
  assert_int_equal(rp_model_verify(s.model, s.x, other, 1, witness, NULL),
                   RP_MISCLASSIFIED);
  assert_int_equal(rp_model_radius(s.model, s.x, other, 0, radii, witness),
                   RP_MISCLASSIFIED);
  assert_int_equal(radii[0], -1);
  assert_int_equal(radii[1], -1);
  scene_fini(&s);
}

static void a_stop_lasts_until_it_is_taken_back(void **state) {
  rp_rng rng = rng_of_test(__func__);
  scene s;
  scene_init(*state, &rng, &s);
  set(s.model, "box_points", "0");
  uint8_t witness[TINY_INPUTS];
  int32_t radii[2];
  rp_model_stop(s.model, 1);
  assert_int_equal(rp_model_radius(s.model, s.x, s.label, 0, radii, witness),
                   RP_UNKNOWN);
  assert_int_equal(rp_model_reason(s.model), RP_REASON_INTERRUPTED);
  assert_int_equal(radii[0], 0);
  assert_int_equal(radii[1], s.in_hi);
  rp_model_stop(s.model, 0);
  assert_int_equal(rp_model_radius(s.model, s.x, s.label, 0, radii, witness),
                   RP_ROBUST);
  assert_int_equal(rp_model_reason(s.model), RP_REASON_NONE);
  scene_fini(&s);
}

static void the_model_tells_its_size(void **state) {
  rp_rng rng = rng_of_test(__func__);
  scene s;
  int32_t shape[RP_SHAPE_SIZE] = {0};
  scene_init(*state, &rng, &s);
  assert_string_equal(rp_model_name(s.model), "tiny");
  assert_int_equal(rp_model_inputs(s.model), s.n);
  assert_int_equal(rp_model_input_max(s.model), s.in_hi);
  assert_int_equal(rp_model_input_min(s.model), 0);
  assert_null(rp_model_class_name(s.model, 0));
  assert_int_equal(rp_model_shape(s.model, shape), 1);
  assert_int_equal(shape[0], s.n);
  scene_fini(&s);
}

static void own_numbers_and_names_are_those_of_the_file(void **state) {
  const char *const file = temp_file(*state, "named.h5");
  const int32_t dims[] = {2}, weight[] = {1, 0, 0, 1};
  const int64_t bias[] = {0, 0};
  const char *const names[] = {"left", "right"};
  const rp_dense_spec spec = {2, 2, weight, bias, {.lo = -128, .hi = 127}};
  rp_net *net;
  assert_int_equal(rp_net_create("named", dims, 1, 255, &net, NULL), RP_OK);
  assert_int_equal(rp_net_set_input(net, -128, 0, NULL), RP_OK);
  assert_int_equal(rp_net_add_dense(net, &spec, NULL), RP_OK);
  assert_int_equal(rp_net_set_class_names(net, names, 2, NULL), RP_OK);
  assert_int_equal(rp_net_finish(net, NULL), RP_OK);
  assert_int_equal(rp_network_write(net, file, NULL), RP_OK);
  rp_net_free(net);
  rp_model *const model = open_model(file);
  assert_int_equal(rp_model_input_min(model), -128);
  assert_int_equal(rp_model_input_max(model), 255);
  assert_string_equal(rp_model_class_name(model, 1), "right");
  assert_null(rp_model_class_name(model, 2));
  assert_null(rp_model_class_name(model, -1));
  rp_model_close(model);
}

/* The file of version 2 that the tests above wrote has none. */
static void a_profile_of_a_plain_network_is_refused(void **state) {
  rp_model *model = NULL;
  char file[512];
  strcpy(file, temp_file(*state, "named.h5"));
  assert_int_equal(rp_model_open(file, "tfl\nite", 0, 0, &model, &err),
                   RP_E_INPUT);
  assert_non_null(strstr(err.text, "profile: expected none in this format, "
                                   "found 'tfl\\x0aite'"));
  assert_null(model);
}

static void the_version_is_that_of_the_build(void **state) {
  (void)state;
  assert_string_equal(rp_version(), RAMPART_VERSION);
}

static void samples_come_with_their_labels(void **state) {
  temp_folder *const folder = *state;
  rp_rng rng = rng_of_test(__func__);
  scene s;
  scene_init(folder, &rng, &s);
  char text[256], *end = text;
  for (int32_t i = 0; i < 3; i++) {
    end += sprintf(end, "%d", i);
    for (int32_t p = 0; p < s.n; p++) end += sprintf(end, ",%d", (i + p) % 2);
    end += sprintf(end, "\n");
  }
  const char *const file = temp_file(folder, "data.csv");
  bytes_put(file, text, strlen(text));
  rp_samples *samples = NULL;
  const char *const good[] = {"format", "csv", "values", "integers", NULL};
  if (rp_samples_open(s.model, file, good, &samples, &err) != RP_OK)
    fail_msg("%s", err.text);
  assert_int_equal(rp_samples_count(samples), 3);
  for (int32_t i = 0; i < 3; i++) {
    assert_int_equal(rp_samples_labels(samples)[i], i);
    for (int32_t p = 0; p < s.n; p++)
      assert_int_equal(rp_samples_inputs(samples)[i * s.n + p], (i + p) % 2);
  }
  rp_samples_close(samples);
  const struct {
    const char *settings[3], *says;
  } bad[] = {
      {{"lables", "x", NULL}, "found 'lables'"},
      {{"labels", NULL, NULL}, "labels: expected a value"},
      {{"values", "colours", NULL}, "values: expected integers|pixels"},
      {{"format", "png", NULL}, "found 'png'"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_not_equal(
        rp_samples_open(s.model, file, bad[i].settings, &samples, &err), RP_OK);
    if (!strstr(err.text, bad[i].says))
      fail_msg("expected '%s' in '%s'", bad[i].says, err.text);
  }
  scene_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(boxes_are_those_of_enumeration),
      cmocka_unit_test(radii_are_those_of_enumeration),
      cmocka_unit_test(properties_are_those_of_enumeration),
      cmocka_unit_test(predictions_of_many_are_those_of_each),
      cmocka_unit_test(what_is_out_of_range_is_named),
      cmocka_unit_test(a_wrong_label_is_misclassified),
      cmocka_unit_test(a_stop_lasts_until_it_is_taken_back),
      cmocka_unit_test(the_model_tells_its_size),
      cmocka_unit_test(own_numbers_and_names_are_those_of_the_file),
      cmocka_unit_test(a_profile_of_a_plain_network_is_refused),
      cmocka_unit_test(the_version_is_that_of_the_build),
      cmocka_unit_test(samples_come_with_their_labels),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
