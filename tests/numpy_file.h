/* Files as NumPy writes them: npy arrays, and npz archives, which are made by
 * hand so that tests can make them lie. */
#ifndef RAMPART_TESTS_NUMPY_FILE_H
#define RAMPART_TESTS_NUMPY_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { NUMPY_MOST = 1 << 14 };

typedef struct numpy_bytes {
  size_t size;
  uint8_t at[NUMPY_MOST];
} numpy_bytes;

static inline void numpy_put(numpy_bytes *to, const void *bytes, size_t size) {
  if (to->size + size > NUMPY_MOST) abort();
  memcpy(to->at + to->size, bytes, size);
  to->size += size;
}

static inline void numpy_put_number(numpy_bytes *to, uint64_t value,
                                    int bytes) {
  for (int i = 0; i < bytes; i++)
    numpy_put(to, &(uint8_t){(uint8_t)(value >> 8 * i)}, 1);
}

/** An npy file of version 1, 2 or 3 with this header and these data. */
static inline void numpy_make(numpy_bytes *to, int version, const char *header,
                              const void *data, size_t size) {
  const size_t length = strlen(header) + 1;
  to->size = 0;
  numpy_put(to, "\x93NUMPY", 6);
  numpy_put_number(to, (uint64_t)version, 1);
  numpy_put_number(to, 0, 1);
  numpy_put_number(to, length, version == 1 ? 2 : 4);
  numpy_put(to, header, length - 1);
  numpy_put(to, "\n", 1);
  numpy_put(to, data, size);
}

/** The usual header. */
static inline const char *numpy_header(const char *type, const char *order,
                                       const char *shape) {
  static char text[200];
  snprintf(text, sizeof text,
           "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", type, order,
           shape);
  return text;
}

typedef struct numpy_member {
  const char *name;
  const numpy_bytes *content;
  int is_deflated, method; /* method: 0: as is_deflated says, else this one */
  uint32_t claimed;        /* size; 0: the right one */
  uint32_t crc_change;
  int is_encrypted; /* so it claims */
} numpy_member;

typedef struct numpy_packed {
  uint32_t crc, packed, size;
  uint16_t method, flags;
  uint32_t offset;
} numpy_packed;

static inline void numpy_put_entry(numpy_bytes *to, const numpy_member *m,
                                   const numpy_packed *p) {
  numpy_put_number(to, p->flags, 2);
  numpy_put_number(to, p->method, 2);
  numpy_put_number(to, 0x00210000, 4); /* 1980-01-01 */
  numpy_put_number(to, p->crc, 4);
  numpy_put_number(to, p->packed, 4);
  numpy_put_number(to, p->size, 4);
  numpy_put_number(to, strlen(m->name), 2);
  numpy_put_number(to, 0, 2);
}

static inline void numpy_put_member(numpy_bytes *to, const numpy_member *m,
                                    numpy_packed *p) {
  static uint8_t packed[2 * NUMPY_MOST];
  z_stream z = {.next_in = (Bytef *)m->content->at,
                .avail_in = (uInt)m->content->size,
                .next_out = packed,
                .avail_out = sizeof packed};
  if (deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) ||
      deflate(&z, Z_FINISH) != Z_STREAM_END)
    abort();
  const uint8_t *bytes = m->is_deflated ? packed : m->content->at;
  *p = (numpy_packed){
      .crc = (uint32_t)crc32(0, m->content->at, (uInt)m->content->size) ^
             m->crc_change,
      .packed = (uint32_t)(m->is_deflated ? z.total_out : m->content->size),
      .size = m->claimed ? m->claimed : (uint32_t)m->content->size,
      .method = (uint16_t)(m->method        ? m->method
                           : m->is_deflated ? 8
                                            : 0),
      .flags = m->is_encrypted ? 1 : 0,
      .offset = (uint32_t)to->size};
  deflateEnd(&z);
  numpy_put(to, "PK\3\4", 4);
  numpy_put_number(to, 20, 2);
  numpy_put_entry(to, m, p);
  numpy_put(to, m->name, strlen(m->name));
  numpy_put(to, bytes, p->packed);
}

/** A zip archive of up to 8 members. */
static inline void numpy_make_archive(numpy_bytes *to,
                                      const numpy_member *member, int n) {
  numpy_packed packed[8];
  to->size = 0;
  for (int i = 0; i < n; i++) numpy_put_member(to, &member[i], &packed[i]);
  const size_t directory = to->size;
  for (int i = 0; i < n; i++) {
    numpy_put(to, "PK\1\2", 4);
    numpy_put_number(to, 20, 2);
    numpy_put_number(to, 20, 2);
    numpy_put_entry(to, &member[i], &packed[i]);
    numpy_put_number(to, 0, 6); /* comment, disk, attributes */
    numpy_put_number(to, 0, 4);
    numpy_put_number(to, packed[i].offset, 4);
    numpy_put(to, member[i].name, strlen(member[i].name));
  }
  const size_t size = to->size - directory;
  numpy_put(to, "PK\5\6", 4);
  numpy_put_number(to, 0, 4);
  numpy_put_number(to, (uint64_t)n, 2);
  numpy_put_number(to, (uint64_t)n, 2);
  numpy_put_number(to, size, 4);
  numpy_put_number(to, directory, 4);
  numpy_put_number(to, 0, 2);
}

#endif
