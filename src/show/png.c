/* Writes PNG files with zlib: signature, IHDR, one IDAT without filters, IEND.
 * The pictures have a few hundred bytes, for which filters would gain nothing.
 */
#include "show/png.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/memory.h"

enum { MOST_PIXELS = 65535, CHUNK = 12, SIGNATURE = 8, IHDR = 13 };

static void put_u32(uint8_t *to, uint32_t value) {
  for (int i = 0; i < 4; i++) to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Add length, type and checksum to data that are in place. Returns the end of
 * the chunk. */
static uint8_t *close_chunk(uint8_t *at, const char *type, uint32_t size) {
  put_u32(at, size);
  memcpy(at + 4, type, 4);
  put_u32(at + 8 + size, (uint32_t)crc32(0, at + 4, size + 4));
  return at + CHUNK + size;
}

/* Every line of a PNG begins with the number of its filter, here 0 (none). */
static void copy_lines(uint8_t *to, const uint8_t *pixel, size_t width,
                       int32_t height) {
  for (int32_t i = 0; i < height; i++) {
    *to++ = 0;
    memcpy(to, pixel + (size_t)i * width, width);
    to += width;
  }
}

static size_t write_chunks(uint8_t *png, const uint8_t *line, size_t raw,
                           uLongf room, const int32_t shape[3]) {
  static const uint8_t signature[] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10};
  memcpy(png, signature, SIGNATURE);
  uint8_t *at = png + SIGNATURE;
  put_u32(at + 8, (uint32_t)shape[0]);
  put_u32(at + 12, (uint32_t)shape[1]);
  const uint8_t format[] = {8, shape[2] == 1 ? 0 : 2, 0, 0, 0};
  memcpy(at + 16, format, sizeof format);
  at = close_chunk(at, "IHDR", IHDR);
  if (compress2(at + 8, &room, line, raw, Z_BEST_COMPRESSION) != Z_OK) return 0;
  at = close_chunk(at, "IDAT", (uint32_t)room);
  return (size_t)(close_chunk(at, "IEND", 0) - png);
}

rp_status rp_png_encode(const uint8_t *pixel, int32_t width, int32_t height,
                        int32_t channels, uint8_t **png, size_t *size) {
  if (width < 1 || height < 1 || width > MOST_PIXELS || height > MOST_PIXELS ||
      (channels != 1 && channels != 3) ||
      (int64_t)width * height * channels > INT32_MAX / 2)
    return RP_E_RANGE;
  const size_t bytes = (size_t)width * (size_t)channels;
  const size_t raw = (bytes + 1) * (size_t)height;
  const uLong room = compressBound(raw);
  uint8_t *const line = rp_alloc(raw, 1);
  uint8_t *const made = rp_alloc(SIGNATURE + 3 * CHUNK + IHDR + room, 1);
  size_t length = 0;
  if (line && made) {
    copy_lines(line, pixel, bytes, height);
    length = write_chunks(made, line, raw, room,
                          (const int32_t[]){width, height, channels});
  }
  free(line);
  if (length == 0) {
    free(made);
    return RP_E_MEMORY;
  }
  *png = made;
  *size = length;
  return RP_OK;
}
