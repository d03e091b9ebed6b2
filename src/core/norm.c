/* Names and distances. */
#include "core/norm.h"

#include <string.h>

static const char *const NAMES[RP_NORM_COUNT] = {"linf", "l1", "l0",
                                                 "brightness", "contrast"};

const char *rp_norm_name(rp_norm norm) {
  return norm < RP_NORM_COUNT ? NAMES[norm] : "?";
}

const char *rp_norm_describe(rp_norm norm) {
  static const char *const texts[RP_NORM_COUNT] = {
      "linf: the greatest change of an input",
      "l1: the sum of the changes of all inputs",
      "l0: the number of inputs that change",
      "brightness: one number is added to all inputs, at most r or -r",
      "contrast: one factor stretches all inputs around the centre of their "
      "range, from 100 / (100 + r) to (100 + r) / 100"};
  return norm < RP_NORM_COUNT ? texts[norm] : "?";
}

const char *rp_norm_prefix(rp_norm norm) {
  static const char *const words[RP_NORM_COUNT] = {"", "L1 ", "L0 ",
                                                   "brightness ", "contrast "};
  return norm < RP_NORM_COUNT ? words[norm] : "";
}

bool rp_norm_parse(const char *name, rp_norm *norm) {
  for (rp_norm n = 0; n < RP_NORM_COUNT; n++)
    if (!strcmp(name, NAMES[n])) {
      *norm = n;
      return true;
    }
  return false;
}

int64_t rp_norm_measure(rp_norm norm, const uint8_t *a, const uint8_t *b,
                        int32_t n) {
  int64_t most = 0, sum = 0;
  for (int32_t p = 0; p < n; p++) {
    const int64_t cost = rp_norm_cost(norm, a[p] - b[p]);
    sum += cost;
    if (cost > most) most = cost;
  }
  return norm == RP_NORM_LINF ? most : sum;
}

int64_t rp_norm_most(rp_norm norm, int32_t n, int32_t in_hi) {
  if (norm == RP_NORM_LINF || norm == RP_NORM_BRIGHTNESS) return in_hi;
  if (norm == RP_NORM_CONTRAST) return UINT8_MAX;
  return norm == RP_NORM_L0 ? n : (int64_t)n * in_hi;
}
