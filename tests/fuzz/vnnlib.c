/* VNN-LIB files about a fixed network: a file is read or refused with one line,
 * and what was read are boxes and conditions of that network. */
#include <stdlib.h>
#include <string.h>

#include "fixed_net.h"
#include "fuzz.h"
#include "input/vnnlib.h"

static rp_net *net;

static void check_case(const rp_vnnlib_case *c) {
  static const int32_t out[3] = {1, -2, 0};
  for (int32_t p = 0; p < net->n_in; p++)
    fuzz_expect(c->box_lo[p] <= c->box_hi[p] && c->box_hi[p] <= net->in_hi,
                "a box lies in the input range");
  fuzz_expect(rp_condition_check(c->condition, net->n_out, NULL) == RP_OK,
              "a condition is about the network's outputs");
  (void)rp_condition_is_met(c->condition, out, net->n_out, 0);
}

static void read_file(const char *path, const char *values) {
  const rp_vnnlib_source source = {.file = path, .values = values};
  rp_vnnlib *read = NULL;
  rp_error err = {""};
  const rp_status status = rp_vnnlib_read(&source, net, &read, &err);
  fuzz_expect_verdict(status, &err);
  if (status != RP_OK) return;
  for (int32_t i = 0; i < read->n_cases; i++) check_case(&read->item[i]);
  rp_vnnlib_free(read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *const path = fuzz_path("property.vnnlib");
  if (!net) net = make_fixed_net();
  fuzz_write(path, data, size);
  read_file(path, NULL);
  read_file(path, "integers");
  return 0;
}

#define VARIABLES                                                              \
  "(declare-const X_0 Int)\n(declare-const X_1 Int)\n"                         \
  "(declare-const X_2 Int)\n(declare-const Y_0 Int)\n"                         \
  "(declare-const Y_1 Int)\n(declare-const Y_2 Int)\n"

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  static const char *const texts[] = {
      "; a box and rivals\n" VARIABLES
      "(assert (>= X_0 1))\n(assert (<= X_0 3.5))\n(assert (< X_1 7))\n"
      "(assert (or (and (>= Y_1 Y_0)) (and (>= Y_2 (+ Y_0 1)))))\n",
      VARIABLES "(assert (or (and (<= X_0 2) (> Y_0 (* 2.0 Y_1))) (and (>= X_0 "
                "4) (= (- Y_2 Y_1) 3) (or (< Y_0 1) (<= (- Y_1) 0.5)))))\n",
      "(vnnlib-version <2.0>)\n(declare-network N\n (declare-input X uint8 [1, "
      "3])\n (declare-output Y Real [3]))\n(assert (and (<= X[0,2] 5) (>= "
      "X[0,0] 1)))\n(assert (>= Y[1] Y[2]))\n"};
  if (number >= (int)(sizeof texts / sizeof *texts)) return false;
  *seed = fuzz_copy(texts[number], strlen(texts[number]));
  return true;
}
