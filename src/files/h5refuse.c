/* Explains, from the superblock of a file, why HDF5 does not open it: no HDF5
 * file, a newer version, a writer that has it open, or a truncated file. */
#include <stdbool.h>
#include <string.h>

#include "files/h5util.h"

enum { SIGNATURE = 8, NEWEST_VERSION = 3, LEAST_SUPERBLOCK = 56 };
static const uint8_t signature[SIGNATURE] = {0x89, 'H',  'D',  'F',
                                             '\r', '\n', 0x1a, '\n'};

/* Find the superblock at the beginning or, after a user block, at 512, 1024,
 * 2048 and so on; NULL if there is none. */
static const uint8_t *read_superblock(const rp_file_content *c) {
  for (size_t at = 0; at + LEAST_SUPERBLOCK <= c->size; at = at ? 2 * at : 512)
    if (!memcmp(c->bytes + at, signature, SIGNATURE)) return c->bytes + at;
  return NULL;
}

bool rp_h5_has_superblock(const rp_file_content *c) {
  return read_superblock(c) != NULL;
}

/* The size that the file should have; 0 unless its addresses have 8 bytes. */
static uint64_t decode_file_size(const uint8_t *block) {
  const bool old = block[8] < 2;
  const int32_t version_1 = block[8] == 1 ? 4 : 0;
  if (block[old ? 13 : 9] != 8) return 0;
  const uint8_t *const at = block + (old ? 40 + version_1 : 28);
  uint64_t end = 0;
  for (int i = 7; i >= 0; i--) end = end << 8 | at[i];
  return end;
}

/* Version 3 records whether a writer has the file open; HDF5 ignores the
 * corresponding flags of versions 0 to 2. */
static bool is_open_for_writing(const uint8_t *block) {
  return block[8] == 3 && (block[11] & 5) != 0;
}

rp_status rp_h5_refuse(const rp_file_content *c, rp_error *err) {
  const uint8_t *const block = read_superblock(c);
  unsigned major = 0, minor = 0, release = 0;
  if (!block && (c->size < SIGNATURE || memcmp(c->bytes, signature, SIGNATURE)))
    return rp_fail(err, RP_E_INPUT, "%s: expected an HDF5 file, found %s",
                   c->file, rp_file_describe(c));
  (void)H5get_libversion(&major, &minor, &release);
  if (block && block[8] > NEWEST_VERSION)
    return rp_fail(err, RP_E_INPUT,
                   "%s: this HDF5 file (superblock version %d) is newer than "
                   "HDF5 %u.%u.%u can read: convert it where it was written, "
                   "with h5repack --low=0 --high=1",
                   c->file, block[8], major, minor, release);
  if (block && is_open_for_writing(block))
    return rp_fail(err, RP_E_INPUT,
                   "%s: the program that writes this HDF5 file has it open or "
                   "was killed; if none is running, h5clear -s repairs it",
                   c->file);
  if (!block || decode_file_size(block) > c->size)
    return rp_fail(err, RP_E_INPUT,
                   "%s: truncated HDF5 file: expected %llu bytes, found %zu",
                   c->file,
                   (unsigned long long)(block ? decode_file_size(block)
                                              : LEAST_SUPERBLOCK),
                   c->size);
  return rp_fail(err, RP_E_INPUT, "%s: damaged HDF5 file", c->file);
}
