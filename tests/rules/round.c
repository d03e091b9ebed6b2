/* Prints values of rounding rules, for comparison with other programs'.
 * Every line of the standard input is a rule and accumulators:
 *
 *   ROUNDING NUMBER ZERO LO HI COUNT Z...
 *
 * with the name of a rounding below and its number in hexadecimal or decimal;
 * the answer is a line of values. Exit status 2: not such a line. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "net/stair_rule.h"

static const char *const names[] = {
    [RP_ROUND_SHIFT] = "R0", [RP_ROUND_TWICE] = "R1",
    [RP_ROUND_ONCE] = "R2",  [RP_ROUND_DOUBLE] = "R3",
    [RP_ROUND_FLOAT] = "R4", [RP_ROUND_MEAN] = "mean"};

static int find_rounding(const char *name) {
  for (int i = 0; i <= RP_ROUND_MEAN; i++)
    if (strcmp(names[i], name) == 0) return i;
  return -1;
}

int main(void) {
  char name[8];
  double number;
  int32_t zero, lo, hi, count;
  while (scanf("%7s %la %" SCNd32 " %" SCNd32 " %" SCNd32 " %" SCNd32, name,
               &number, &zero, &lo, &hi, &count) == 6) {
    rp_requantizer rule;
    rp_error err;
    const int rounding = find_rounding(name);
    if (rounding < 0 || rp_requantizer_set(&rule, (rp_rounding)rounding, number,
                                           zero, lo, hi, &err) != RP_OK)
      return 2;
    for (int32_t i = 0; i < count; i++) {
      int64_t z;
      if (scanf("%" SCNd64, &z) != 1) return 2;
      printf("%" PRId32 "%c", rp_requantizer_apply(&rule, z),
             i + 1 < count ? ' ' : '\n');
    }
  }
  return feof(stdin) ? 0 : 2;
}
