/* TFLite files: a network with most operators computes what plain loops over
 * the file's own numbers compute; what is not known is refused with one line;
 * damage is found. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "input/network_file.h"
#include "input/network_formats.h"
#include "same_net.h"
#include "temp_folder.h"
#include "tflite_file.h"

static rp_error err;
static tflite_sample sample;

static rp_status read_profile(const char *profile, rp_net **net) {
  const rp_file_content content = {"net.tflite", sample.file.bytes,
                                   sample.file.size};
  const rp_network_source source = {.file = "net.tflite", .profile = profile};
  *net = NULL;
  return rp_network_read_tflite(&content, &source, "net", net, &err);
}

/* Build the changed sample, which must be refused with these words. */
static void refused(const char *profile, const char *words) {
  rp_net *net;
  tflite_build(&sample.file, sample.tensor, TF_TENSORS, sample.op, TF_OPS,
               TF_X);
  assert_int_equal(read_profile(profile, &net), RP_E_INPUT);
  if (!strstr(err.text, words)) fail_msg("'%s' lacks '%s'", err.text, words);
  tflite_make_sample(&sample);
}

/* ---- The same by hand, in the file's own numbers; profile litert-xnnpack. */

static int clip(long v, int lo) {
  return v < lo ? lo : v > 127 ? 127 : (int)v;
}

static int round_float(int z, float in, float w, float out, int zero, int lo) {
  const float product = in * w;
  const float m = product / out;
  return clip(lrintf((float)z * m) + zero, lo);
}

/* One output of a 3 x 3 convolution with one pixel of padding. */
static int sum_window(const int8_t *x, int zero, int y0, int x0, int channels,
                      int first, const int8_t *w, int stride) {
  int sum = 0;
  for (int ky = 0; ky < 3; ky++)
    for (int kx = 0; kx < 3; kx++) {
      const int y = y0 + ky - 1, c = x0 + kx - 1;
      if (y < 0 || y >= TF_SIDE || c < 0 || c >= TF_SIDE) continue;
      for (int i = 0; i < channels; i++)
        sum += (x[(y * TF_SIDE + c) * 2 + first + i] - zero) *
               w[(ky * 3 + kx) * stride + i];
    }
  return sum;
}

static void run_windows(const int8_t *x, int8_t *a, int8_t *b, int8_t *c) {
  const tflite_tensor *const t = sample.tensor;
  for (int k = 0; k < TF_IN; k++) {
    const int o = k % 2;
    const int z = sample.ba[o] + sum_window(x, -11, k / 8, k / 2 % 4, 2, 0,
                                            sample.wa + 18 * o, 2);
    a[k] = (int8_t)round_float(z, t[TF_X].scale[0], t[TF_WA].scale[o],
                               t[TF_A].scale[0], -128, -128);
  }
  for (int k = 0; k < TF_IN; k++) {
    const int o = k % 2;
    const int z = sample.bb[o] +
                  sum_window(a, -128, k / 8, k / 2 % 4, 1, o, sample.wb + o, 2);
    b[k] = (int8_t)round_float(z, t[TF_A].scale[0], t[TF_WB].scale[o],
                               t[TF_B].scale[0], 5, -128);
  }
  /* The larger ratio is 0.047 / 0.06: its exponent is -1. */
  const float ra = t[TF_A].scale[0] / t[TF_C].scale[0];
  const float rb = t[TF_B].scale[0] / t[TF_C].scale[0];
  const long ma = lrintf(ra * 2097152), mb = lrintf(rb * 2097152);
  for (int k = 0; k < TF_IN; k++) {
    const long sum = (1048576 + (a[k] + 128) * ma + (b[k] - 5) * mb) >> 21;
    c[k] = (int8_t)clip(sum - 20, -128);
  }
}

static void run_by_hand(const int8_t *x, int32_t *out) {
  int8_t a[TF_IN], b[TF_IN], c[TF_IN], d[8], e[8];
  const tflite_tensor *const t = sample.tensor;
  run_windows(x, a, b, c);
  for (int k = 0; k < 8; k++) {
    d[k] = -128;
    for (int i = 0; i < 4; i++) {
      const int y = k / 4 * 2 + i / 2, col = k / 2 % 2 * 2 + i % 2;
      const int8_t v = c[(y * 4 + col) * 2 + k % 2];
      if (v > d[k]) d[k] = v;
    }
  }
  for (int k = 0; k < 8; k++) {
    int sum = 0, n = 0;
    for (int y = k / 4; y < 2; y++)
      for (int col = k / 2 % 2; col < 2; col++, n++)
        sum += d[(y * 2 + col) * 2 + k % 2];
    e[k] = (int8_t)clip(sum > 0 ? (sum + n / 2) / n : (sum - n / 2) / n, -128);
  }
  for (int o = 0; o < TF_OUT; o++) {
    int z = sample.bg[o];
    for (int i = 0; i < 8; i++) z += (e[i] + 20) * sample.wg[8 * o + i];
    out[o] = round_float(z, t[TF_F].scale[0], t[TF_WG].scale[0],
                         t[TF_G].scale[0], 3, -128) -
             3;
  }
}

static void all_operators_compute_what_the_runtime_does(void **state) {
  (void)state;
  rp_net *net;
  uint32_t random = 7;
  tflite_make_sample(&sample);
  if (read_profile("litert-xnnpack", &net) != RP_OK) fail_msg("%s", err.text);
  assert_string_equal(net->profile, "litert-xnnpack");
  int spread[TF_OUT] = {0}, last[TF_OUT] = {0};
  for (int run = 0; run < 500; run++) {
    uint8_t x[TF_IN];
    int8_t own[TF_IN];
    int32_t out[TF_OUT], wanted[TF_OUT];
    for (int i = 0; i < TF_IN; i++) {
      random = random * 1664525 + 1013904223;
      x[i] = (uint8_t)(random >> 24);
      own[i] = (int8_t)(x[i] - 128);
    }
    assert_int_equal(rp_reference_forward(net, x, out), RP_OK);
    run_by_hand(own, wanted);
    for (int o = 0; o < TF_OUT; o++) {
      assert_int_equal(out[o], wanted[o]);
      spread[o] += out[o] != last[o];
      last[o] = out[o];
    }
  }
  for (int o = 0; o < TF_OUT; o++) assert_true(spread[o] > 100);
  rp_net_free(net);
}

static void other_profiles_read_it_too(void **state) {
  (void)state;
  rp_net *net;
  tflite_make_sample(&sample);
  assert_int_equal(read_profile("litert-builtin", &net), RP_OK);
  rp_net_free(net);
  assert_int_equal(read_profile("tflm", &net), RP_OK);
  rp_net_free(net);
}

static void what_is_not_known_is_refused(void **state) {
  (void)state;
  tflite_make_sample(&sample);
  refused(NULL, "expected a profile");
  refused("ort", "found 'ort'");
  sample.op[3].code = 18;
  refused("tflm", "operator 3 (MUL, 1x4x4x2 to 1x2x2x2): profile tflm has no "
                  "rule for operator number 18");
  sample.op[3].code = 40;
  refused("tflm", "operator 3 (MEAN, ");
  sample.tensor[TF_X].type = 7;
  refused("tflm", "input: expected numbers of type int8 or uint8, found int16");
  sample.tensor[TF_X].type = 3;
  refused("tflm", "no rule for uint8");
  sample.tensor[TF_X].type = 0;
  refused("tflm", "a quantizer of the input is needed");
  sample.tensor[TF_D].scale[0] = 0.05F;
  refused("tflm", "expected the same type, scale and zero point");
  sample.tensor[TF_WA].channel_dim = 3;
  refused("tflm", "scales along dimension 0, found 3");
  sample.tensor[TF_WA].zero = 1;
  refused("tflm", "zero points of 0, found 1");
  sample.tensor[TF_A].scale[0] = NAN;
  refused("tflm", "expected a positive scale");
  sample.op[0].options[3] = 4;
  refused("tflm", "found number 4");
  sample.op[0].options[1] = 2;
  refused("tflm", "expected 4 x 2 windows");
  sample.op[0].options[1] = 0;
  refused("tflm", "stride");
  sample.op[1].input[0] = TF_G;
  refused("tflm", "a tensor that nothing computes");
  sample.op[2].input[0] = 99;
  refused("tflm", "operator 2: expected tensors below 14, found 99");
  sample.op[1].n_inputs = 2;
  refused("litert-xnnpack", "expected a bias with a scale, found none");
  sample.tensor[TF_BA].n_scales = 0;
  refused("litert-xnnpack", "expected a bias with a scale, found one without");
  sample.tensor[TF_WG].n_bytes = 23;
  refused("tflm", "expected as many bytes of data");
  sample.tensor[TF_G].scale[0] = 1e-9F;
  refused("litert-xnnpack", "expected a multiplier below 256");
  sample.tensor[TF_C].scale[0] = 1e-9F;
  refused("litert-xnnpack", "expected scales of summands");
}

/* ---- Damage. ---- */

/* Whatever comes out, nothing is read beyond the end (address sanitizer) and
 * the line is there. */
static void read_copy(const uint8_t *bytes, size_t size) {
  static const char *const profiles[] = {"litert-xnnpack", "litert-builtin",
                                         "tflm"};
  uint8_t *const copy = malloc(size + 1);
  assert_non_null(copy);
  memcpy(copy, bytes, size);
  const rp_file_content content = {"net.tflite", copy, size};
  const rp_network_source source = {.file = "net.tflite",
                                    .profile = profiles[size % 3]};
  rp_net *net = NULL;
  err.text[0] = 0;
  const rp_status status =
      rp_network_read_tflite(&content, &source, "net", &net, &err);
  assert_true(status == RP_OK || status == RP_E_INPUT || status == RP_E_MEMORY);
  assert_true((status == RP_OK) == (net != NULL));
  if (status != RP_OK) assert_true(err.text[0] && !strchr(err.text, '\n'));
  rp_net_free(net);
  free(copy);
}

static void damage_is_found(void **state) {
  (void)state;
  static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
  tflite_make_sample(&sample);
  for (size_t n = 0; n < sample.file.size; n += 31)
    read_copy(sample.file.bytes, n);
  for (size_t i = 0; i < sample.file.size; i += 13) {
    const uint8_t was = sample.file.bytes[i];
    sample.file.bytes[i] = values[i % sizeof values];
    read_copy(sample.file.bytes, sample.file.size);
    sample.file.bytes[i] = was;
  }
}

/* ---- Files. ---- */

static void an_imported_network_keeps_its_origin(void **state) {
  char file[512], native[512];
  rp_net *net, *again;
  tflite_make_sample(&sample);
  strcpy(file, temp_file(*state, "net.tflite"));
  strcpy(native, temp_file(*state, "net.h5"));
  FILE *const out = fopen(file, "wb");
  assert_non_null(out);
  assert_int_equal(fwrite(sample.file.bytes, sample.file.size, 1, out), 1);
  fclose(out);
  rp_network_source source = {.file = file, .profile = "tflm"};
  assert_int_equal(rp_network_read(&source, &net, &err), RP_OK);
  assert_string_equal(net->source_sha256, net->sha256);
  assert_int_equal(rp_network_write(net, native, &err), RP_OK);
  source.file = native;
  assert_int_equal(rp_network_read(&source, &again, &err), RP_OK);
  same_net(net, again);
  assert_true(net->in_step > 0 && net->in_step == again->in_step);
  assert_int_equal(net->in_rounding, again->in_rounding);
  assert_string_equal(again->profile, "tflm");
  assert_string_equal(again->source_sha256, net->sha256);
  assert_string_not_equal(again->sha256, net->sha256);
  rp_net_free(again);
  source.profile = "litert-xnnpack";
  assert_int_equal(rp_network_read(&source, &again, &err), RP_E_INPUT);
  assert_non_null(strstr(err.text, "profile: expected tflm, found 'litert"));
  source = (rp_network_source){.file = native, .format = "tflite"};
  assert_int_equal(rp_network_read(&source, &again, &err), RP_E_INPUT);
  assert_non_null(strstr(err.text, "expected a TFLite file, found an HDF5"));
  rp_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_operators_compute_what_the_runtime_does),
      cmocka_unit_test(other_profiles_read_it_too),
      cmocka_unit_test(what_is_not_known_is_refused),
      cmocka_unit_test(damage_is_found),
      cmocka_unit_test(an_imported_network_keeps_its_origin),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
