/* Orders for sorting and searching. */
#ifndef RAMPART_CORE_COMPARE_H
#define RAMPART_CORE_COMPARE_H

#include <stdint.h>

/** -1, 0 or 1: a is less than, equal to, or greater than b. */
static inline int rp_compare_numbers(int64_t a, int64_t b) {
  return (a > b) - (a < b);
}

/** The order of questions: by sample, then by radius. */
static inline int rp_compare_questions(int64_t sample_a, int32_t radius_a,
                                       int64_t sample_b, int32_t radius_b) {
  const int order = rp_compare_numbers(sample_a, sample_b);
  return order ? order : rp_compare_numbers(radius_a, radius_b);
}

/** For qsort and bsearch over int64_t. */
static inline int rp_compare_int64(const void *left, const void *right) {
  return rp_compare_numbers(*(const int64_t *)left, *(const int64_t *)right);
}

#endif
