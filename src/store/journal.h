/* The journal of a run, beside its results: RESULTS.journal. Everything that
 * was found out, in the order in which it was, so that a run that ended too
 * early can go on where it stood.
 *
 * Format, numbers little-endian: the magic "RPJOURNL", a version (4), then
 * records: the magic "RPJR", kind (4), size (4), so many bytes, CRC-32 of kind,
 * size and bytes (4). The first record holds the terms of the run, names and
 * values, each ended by a zero byte. What the other records hold is the
 * caller's business.
 *
 * A kill leaves the last records cut off, a lost machine may leave zeros in
 * their place: such a tail is cut back. If a whole record comes after a damaged
 * one, something else has happened, and the journal is refused. */
#ifndef RAMPART_STORE_JOURNAL_H
#define RAMPART_STORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rampart/status.h"

typedef struct rp_journal rp_journal;

/** One thing that a run's answers depend on, such as the network's digest. */
typedef struct rp_journal_term {
  char name[48], value[192];
} rp_journal_term;

/** The terms of a run, in an order that never changes; borrowed. The first
 *  n_strict must be those of the journal found; the others may differ. */
typedef struct rp_journal_terms {
  const rp_journal_term *term; /* [n] */
  int32_t n, n_strict;
} rp_journal_terms;

enum { RP_JOURNAL_TERMS = 0 }; /* the kind of the first record */

typedef struct rp_journal_record {
  uint32_t kind; /* the caller's are >= 1 */
  const uint8_t *bytes;
  size_t size;
} rp_journal_record;

/** "RESULTS.journal". NULL without memory; the caller frees it. */
char *rp_journal_name(const char *results);

/** Open an existing journal and check all of it; the file is not changed.
 *  @param journal  out; NULL if there is no such file
 *  Errors: RP_E_INPUT: not a journal, damaged, in use by another run, of other
 *  strict terms: which one, what was expected, what was found. RP_E_MEMORY,
 *  RP_E_IO. */
rp_status rp_journal_open(const char *file, const rp_journal_terms *terms,
                          rp_journal **journal, rp_error *err);

/** Are all terms those of an opened journal, not only the strict ones? Until
 *  rp_journal_begin. */
bool rp_journal_is_same(const rp_journal *journal,
                        const rp_journal_terms *terms);

/** The value of a term of an opened journal; NULL: it has none of that name.
 *  Valid until rp_journal_begin. */
const char *rp_journal_value(const rp_journal *journal, const char *name);

/** Errors: RP_E_INPUT: there is such a file, and another run uses it. */
rp_status rp_journal_check_unused(const char *file, rp_error *err);

/** The next record of an opened journal; false after the last. The bytes are
 *  valid until rp_journal_begin. */
bool rp_journal_next(rp_journal *journal, rp_journal_record *record);

/** Go back to the first record that rp_journal_next gave. */
void rp_journal_rewind(rp_journal *journal);

/** Cut off an incomplete tail; from now on records can be appended.
 *  @param cut  out: bytes cut off
 *  Errors: RP_E_IO, RP_E_MEMORY. */
rp_status rp_journal_begin(rp_journal *journal, size_t *cut, rp_error *err);

/** Replace the file by an empty journal of these terms in one step, ready to
 *  append; no other run gets hold of it meanwhile.
 *  Errors: RP_E_IO, RP_E_MEMORY: the old file stays, and can only be closed. */
rp_status rp_journal_restart(rp_journal *journal, const rp_journal_terms *terms,
                             rp_error *err);

/** A new journal, ready to append. One of that name is replaced in one step.
 *  Errors: RP_E_INPUT: in use by another run; RP_E_IO; RP_E_MEMORY. */
rp_status rp_journal_create(const char *file, const rp_journal_terms *terms,
                            rp_journal **journal, rp_error *err);

/** Add a record to those that wait to be written.
 *  Errors: RP_E_MEMORY; the journal is as before. */
rp_status rp_journal_append(rp_journal *journal,
                            const rp_journal_record *record, rp_error *err);

/** Hand what waits to the system, so that it outlives this process.
 *  Errors: RP_E_IO: what could not be written goes on waiting, to be tried
 *  again; RP_E_IO too if the file was removed meanwhile. */
rp_status rp_journal_write(rp_journal *journal, rp_error *err);

/** Have the system put it on the disk, so that it outlives the machine.
 *  Errors: RP_E_IO. */
rp_status rp_journal_sync(rp_journal *journal, rp_error *err);

/** Close it. What was not written is lost. */
void rp_journal_close(rp_journal *journal); /* NULL is fine */

/** Remove the file and close: the run is complete and its results are safe. */
void rp_journal_remove(rp_journal *journal);

#endif
