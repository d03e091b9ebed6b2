/* The file of proofs: a head that names the network, then blocks of proofs in
 * any order, each with a checksum. Blocks are listed and sorted; a proof is
 * whole if its blocks 0..m are there and m says that it is the last. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "check.h"

enum { FILE_HEAD = 40, BLOCK_HEAD = 40, SUM_AT = 36 };

static uint64_t number(const uint8_t *at, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; i++) value |= (uint64_t)at[i] << (8 * i);
  return value;
}

static bool block_read(const store *st, size_t at, block *b) {
  const uint8_t *head = st->file.bytes + at;
  if (st->file.size - at < BLOCK_HEAD || memcmp(head, "RPBL", 4) != 0)
    return false;
  *b = (block){.sample = (int64_t)number(head + 4, 8),
               .radius = (int32_t)number(head + 12, 4),
               .attempt = number(head + 16, 8),
               .index = (int32_t)number(head + 24, 4),
               .last = number(head + 28, 4) == 1,
               .at = at + BLOCK_HEAD,
               .size = number(head + 32, 4)};
  if (b->size > st->file.size - b->at) return false;
  const uLong sum =
      crc32(crc32(0, head, SUM_AT), st->file.bytes + b->at, (uInt)b->size);
  return sum == number(head + SUM_AT, 4);
}

static int compared(const void *left, const void *right) {
  const block *a = left, *b = right;
  if (a->sample != b->sample) return a->sample < b->sample ? -1 : 1;
  if (a->radius != b->radius) return a->radius < b->radius ? -1 : 1;
  if (a->attempt != b->attempt) return a->attempt < b->attempt ? -1 : 1;
  return (a->index > b->index) - (a->index < b->index);
}

static rp_status blocks_listed(const sources *s, store *st, rp_error *err) {
  int64_t room = 0;
  for (size_t at = FILE_HEAD; at < st->file.size;) {
    if (st->n == room) {
      room = 2 * room + 1024;
      block *grown = realloc(st->block, (size_t)room * sizeof *grown);
      if (!grown) return rp_fail(err, RP_E_MEMORY, "out of memory");
      st->block = grown;
    }
    block *b = &st->block[st->n];
    if (!block_read(st, at, b))
      return rp_fail(err, RP_E_INPUT, "%s: damaged or cut off at byte %zu",
                     s->proofs, at);
    st->n++;
    at = b->at + b->size;
  }
  if (st->n > 0) qsort(st->block, (size_t)st->n, sizeof *st->block, compared);
  return RP_OK;
}

rp_status rp_check_store_open(const sources *s, store *st, rp_error *err) {
  char sha256[65] = "";
  if (strcmp(s->evidence, "full") != 0) return RP_OK;
  RP_TRY(rp_check_read(s->proofs, &st->file, err));
  for (int i = 0; i < 32 && st->file.size >= FILE_HEAD; i++)
    sprintf(sha256 + 2 * i, "%02x", st->file.bytes[8 + i]);
  if (st->file.size < FILE_HEAD || memcmp(st->file.bytes, "RPPROOFS", 8) != 0)
    return rp_fail(err, RP_E_INPUT, "%s: not a file of proofs", s->proofs);
  if (strcmp(sha256, s->network_sha256) != 0)
    return rp_fail(err, RP_E_INPUT, "%s: proofs about another network",
                   s->proofs);
  return blocks_listed(s, st, err);
}

void rp_check_store_close(store *st) {
  free(st->file.bytes);
  free(st->block);
}

/* Blocks of one attempt from i on: their number if they are whole, else 0. */
static int64_t whole(const store *st, int64_t i, size_t *size) {
  *size = 0;
  for (int64_t k = i; k < st->n; k++) {
    const block *b = &st->block[k], *first = &st->block[i];
    if (b->sample != first->sample || b->radius != first->radius ||
        b->attempt != first->attempt || b->index != k - i)
      return 0;
    *size += b->size;
    if (b->last) return k - i + 1;
  }
  return 0;
}

bool rp_check_store_find(const store *st, int64_t sample, int32_t radius,
                         int64_t *from, blob *bytes, int32_t *found_radius) {
  for (; *from < st->n; ++*from) {
    const block *b = &st->block[*from];
    size_t size, at = 0;
    if (b->sample != sample || b->radius < radius || b->index != 0) continue;
    const int64_t count = whole(st, *from, &size);
    bytes->bytes = count ? malloc(size + 1) : NULL;
    if (!bytes->bytes) continue;
    for (int64_t k = 0; k < count; k++, b++) {
      memcpy(bytes->bytes + at, st->file.bytes + b->at, b->size);
      at += b->size;
    }
    bytes->size = size;
    *found_radius = st->block[*from].radius;
    *from += count;
    return true;
  }
  return false;
}
