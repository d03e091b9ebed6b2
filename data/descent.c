#include "descent.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"

rp_status descent_init(descent *of, int32_t n) {
  of->n = n;
  of->beta1 = of->beta2 = 1;
  of->value = rp_alloc((size_t)n, 4 * sizeof(float));
  if (!of->value) return RP_E_MEMORY;
  of->gradient = of->value + n;
  of->mean = of->gradient + n;
  of->square = of->mean + n;
  return RP_OK;
}

void descent_fini(descent *of) {
  free(of->value);
}

void descend(descent *of, float rate) {
  of->beta1 *= 0.9f;
  of->beta2 *= 0.999f;
  const float biased = rate * sqrtf(1 - of->beta2) / (1 - of->beta1);
  for (int32_t i = 0; i < of->n; i++) {
    const float g = of->gradient[i];
    of->mean[i] = 0.9f * of->mean[i] + 0.1f * g;
    of->square[i] = 0.999f * of->square[i] + 0.001f * (g * g);
    of->value[i] -= biased * of->mean[i] / (sqrtf(of->square[i]) + 1e-8f);
  }
}

float exponential(float x) {
  if (x < -30) return 0;
  float y = 1 + x / 1024;
  for (int i = 0; i < 10; i++) y *= y;
  return y;
}
