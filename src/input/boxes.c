#include "input/boxes.h"

#include <stdlib.h>

#include "core/memory.h"

rp_status rp_boxes_create(int64_t n, int32_t n_in, rp_boxes **boxes,
                          rp_error *err) {
  const size_t size = (size_t)n * (size_t)n_in;
  rp_boxes *const made = rp_alloc(1, sizeof *made);
  if (!made) return rp_fail(err, RP_E_MEMORY, "boxes: out of memory");
  *made = (rp_boxes){.n = n, .n_in = n_in, .holders = 1};
  made->lo = rp_alloc(size, 1);
  made->hi = rp_alloc(size, 1);
  if (!made->lo || !made->hi) {
    rp_boxes_free(made);
    return rp_fail(err, RP_E_MEMORY, "boxes: out of memory");
  }
  *boxes = made;
  return RP_OK;
}

rp_boxes *rp_boxes_share(rp_boxes *boxes) {
  if (boxes) boxes->holders++;
  return boxes;
}

void rp_boxes_free(rp_boxes *boxes) {
  if (!boxes || --boxes->holders > 0) return;
  free(boxes->lo);
  free(boxes->hi);
  free(boxes);
}

/* Where the box of a sample begins. */
static size_t find_box(const rp_boxes *boxes, int64_t sample) {
  return boxes->n == 1 ? 0 : (size_t)sample * (size_t)boxes->n_in;
}

bool rp_boxes_get(const rp_boxes *boxes, int64_t sample, const uint8_t *x,
                  int32_t radius, uint8_t *lo, uint8_t *hi, int32_t *outside) {
  const size_t at = find_box(boxes, sample);
  for (int32_t p = 0; p < boxes->n_in; p++) {
    const int32_t least = boxes->lo[at + (size_t)p];
    const int32_t most = boxes->hi[at + (size_t)p];
    const bool is_fixed = least > most;
    *outside = p;
    if (!is_fixed && (x[p] < least || x[p] > most)) return false;
    lo[p] = hi[p] = x[p];
    if (is_fixed) continue;
    lo[p] = (uint8_t)(x[p] - radius > least ? x[p] - radius : least);
    hi[p] = (uint8_t)(x[p] + radius < most ? x[p] + radius : most);
  }
  return true;
}

bool rp_boxes_hold(const rp_boxes *boxes, int64_t sample, const uint8_t *x,
                   const uint8_t *other) {
  const size_t at = find_box(boxes, sample);
  for (int32_t p = 0; p < boxes->n_in; p++) {
    const uint8_t lo = boxes->lo[at + (size_t)p],
                  hi = boxes->hi[at + (size_t)p];
    if (lo > hi ? other[p] != x[p] : other[p] < lo || other[p] > hi)
      return false;
  }
  return true;
}
