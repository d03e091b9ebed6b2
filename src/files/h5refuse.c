/* Why HDF5 does not open a file, told from its superblock: where it begins, its
 * version, whether a writer has it open, where the file should end. */
#include <stdbool.h>
#include <string.h>

#include "files/h5util.h"

enum { SIGNATURE = 8, NEWEST_VERSION = 3, LEAST_SUPERBLOCK = 56 };
static const uint8_t signature[SIGNATURE] = {0x89, 'H',  'D',  'F',
                                             '\r', '\n', 0x1a, '\n'};

/* At the beginning or, behind a user's block, at 512, 1024, 2048 ...; NULL:
 * nowhere. */
static const uint8_t *read_superblock(const rp_file_content *c) {
  for (size_t at = 0; at + LEAST_SUPERBLOCK <= c->size; at = at ? 2 * at : 512)
    if (!memcmp(c->bytes + at, signature, SIGNATURE)) return c->bytes + at;
  return NULL;
}

/* Where the file should end, if its addresses have eight bytes; else 0. */
static uint64_t end_of_file(const uint8_t *block) {
  const bool old = block[8] < 2;
  const int32_t version_1 = block[8] == 1 ? 4 : 0;
  if (block[old ? 13 : 9] != 8) return 0;
  const uint8_t *const at = block + (old ? 40 + version_1 : 28);
  uint64_t end = 0;
  for (int i = 7; i >= 0; i--) end = end << 8 | at[i];
  return end;
}

/* Version 3 says whether a writer has it open; versions 0 to 2 have no such
 * word that HDF5 would look at. */
static bool is_open_for_writing(const uint8_t *block) {
  return block[8] == 3 && (block[11] & 5) != 0;
}

rp_status rp_h5_refuse(const rp_file_content *c, rp_error *err) {
  const uint8_t *const block = read_superblock(c);
  unsigned major = 0, minor = 0, release = 0;
  if (!block && (c->size < SIGNATURE || memcmp(c->bytes, signature, SIGNATURE)))
    return rp_fail(err, RP_E_INPUT, "%s: expected an HDF5 file, found %s",
                   c->file, rp_file_kind(c));
  (void)H5get_libversion(&major, &minor, &release);
  if (block && block[8] > NEWEST_VERSION)
    return rp_fail(err, RP_E_INPUT,
                   "%s: an HDF5 file of a newer kind (superblock version %d) "
                   "than HDF5 %u.%u.%u reads: where it was written, convert it "
                   "with h5repack --low=0 --high=1",
                   c->file, block[8], major, minor, release);
  if (block && is_open_for_writing(block))
    return rp_fail(err, RP_E_INPUT,
                   "%s: a program that writes this HDF5 file has it open, or "
                   "died; if none is running, h5clear -s repairs it",
                   c->file);
  if (!block || end_of_file(block) > c->size)
    return rp_fail(
        err, RP_E_INPUT,
        "%s: truncated HDF5 file: expected %llu bytes, found %zu", c->file,
        (unsigned long long)(block ? end_of_file(block) : LEAST_SUPERBLOCK),
        c->size);
  return rp_fail(err, RP_E_INPUT, "%s: damaged HDF5 file", c->file);
}
