/* Compiled without contraction to fused multiply-adds (CMakeLists.txt):
 * searches depend on every bit of vector_add. */
#include "bound/vectors.h"

#include "core/vector.h"

RP_VECTOR_CLONES
void vector_add(double *restrict to, double factor, const double *restrict what,
                int32_t n) {
  for (int32_t i = 0; i < n; i++) to[i] += factor * what[i];
}

RP_VECTOR_CLONES
double vector_multiply(const double *a, const double *b, int32_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int32_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}
