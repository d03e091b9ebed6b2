/* PNG files say what was put in: taken apart by hand, inflated by zlib. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/memory.h"
#include "show/png.h"

static uint32_t u32_at(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
         at[3];
}

/* The chunk at *at has this type and a right checksum; *at moves behind it. */
static const uint8_t *chunk_data(const uint8_t **at, const char *type,
                                 uint32_t *size) {
  const uint8_t *const chunk = *at;
  *size = u32_at(chunk);
  assert_memory_equal(chunk + 4, type, 4);
  assert_int_equal(u32_at(chunk + 8 + *size), crc32(0, chunk + 4, *size + 4));
  *at = chunk + 12 + *size;
  return chunk + 8;
}

static void assert_round_trip(int32_t width, int32_t height, int32_t channels) {
  const size_t line = (size_t)(width * channels);
  uint8_t *pixel = rp_alloc(line * (size_t)height, 1), *png;
  size_t size;
  for (size_t i = 0; i < line * (size_t)height; i++)
    pixel[i] = (uint8_t)(i * 37 + i / 7);
  assert_int_equal(rp_png_encode(pixel, width, height, channels, &png, &size),
                   RP_OK);
  assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
  const uint8_t *at = png + 8;
  uint32_t length;
  const uint8_t *data = chunk_data(&at, "IHDR", &length);
  assert_int_equal(length, 13);
  assert_int_equal(u32_at(data), width);
  assert_int_equal(u32_at(data + 4), height);
  assert_int_equal(data[8], 8);
  assert_int_equal(data[9], channels == 3 ? 2 : 0);
  data = chunk_data(&at, "IDAT", &length);
  uLongf raw = (line + 1) * (size_t)height;
  uint8_t *lines = rp_alloc(raw + 1, 1);
  assert_int_equal(uncompress(lines, &raw, data, length), Z_OK);
  assert_int_equal(raw, (line + 1) * (size_t)height);
  for (int32_t i = 0; i < height; i++) {
    assert_int_equal(lines[(size_t)i * (line + 1)], 0);
    assert_memory_equal(lines + (size_t)i * (line + 1) + 1,
                        pixel + (size_t)i * line, line);
  }
  (void)chunk_data(&at, "IEND", &length);
  assert_int_equal(length, 0);
  assert_ptr_equal(at, png + size);
  free(lines);
  free(pixel);
  free(png);
}

static void test_round_trip(void **state) {
  (void)state;
  assert_round_trip(1, 1, 1);
  assert_round_trip(28, 28, 1);
  assert_round_trip(3, 5, 3);
  assert_round_trip(300, 2, 3);
}

static void test_ranges(void **state) {
  (void)state;
  const uint8_t pixel = 0;
  uint8_t *png;
  size_t size;
  assert_int_equal(rp_png_encode(&pixel, 0, 1, 1, &png, &size), RP_E_RANGE);
  assert_int_equal(rp_png_encode(&pixel, 1, -1, 1, &png, &size), RP_E_RANGE);
  assert_int_equal(rp_png_encode(&pixel, 1, 1, 2, &png, &size), RP_E_RANGE);
  assert_int_equal(rp_png_encode(&pixel, 65536, 1, 1, &png, &size), RP_E_RANGE);
  assert_int_equal(rp_png_encode(&pixel, 65535, 65535, 1, &png, &size),
                   RP_E_RANGE);
  for (uint64_t n = 1; n <= 2; n++) {
    rp_alloc_fail_after(n);
    assert_int_equal(rp_png_encode(&pixel, 1, 1, 1, &png, &size), RP_E_MEMORY);
  }
  rp_alloc_fail_after(0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip),
                                     cmocka_unit_test(test_ranges)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
