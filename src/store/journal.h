/* The journal of a run, RESULTS.journal: all answers in the order in which they
 * were found, so that an interrupted run can continue.
 *
 * Format, numbers little-endian: the magic "RPJOURNL", a version (4), then
 * records: the magic "RPJR", kind (4), size (4), so many bytes, CRC-32 of kind,
 * size and bytes (4). The first record holds the terms of the run: names and
 * values, each followed by a zero byte. The caller defines the other records.
 *
 * A kill may truncate the last record, and a crash of the machine may replace
 * records at the end by zeros: such a tail is cut off. If a complete record
 * follows a damaged one, the damage has another cause, and the journal is
 * refused. */
#ifndef RAMPART_STORE_JOURNAL_H
#define RAMPART_STORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rampart/status.h"

typedef struct rp_journal rp_journal;

/** Something that the answers of a run depend on, such as the network's digest.
 */
typedef struct rp_journal_term {
  char name[48], value[192];
} rp_journal_term;

/** The terms of a run, in a fixed order; borrowed. The first n_strict must
 * agree with those of an existing journal; the others may differ. */
typedef struct rp_journal_terms {
  const rp_journal_term *term; /* [n] */
  int32_t n, n_strict;
} rp_journal_terms;

enum { RP_JOURNAL_TERMS = 0 }; /* the kind of the first record */

typedef struct rp_journal_record {
  uint32_t kind; /* >= 1 for records of the caller */
  const uint8_t *bytes;
  size_t size;
} rp_journal_record;

/** Make the name "RESULTS.journal", to be freed by the caller; NULL if memory
 * is lacking. */
char *rp_journal_name(const char *results);

/** Open an existing journal and check all of it; the file is not changed.
 *  @param journal  out; NULL if there is no such file
 *  Errors: RP_E_INPUT: not a journal, damaged, in use by another run, or other
 *  strict terms (the message says which); RP_E_MEMORY; RP_E_IO. */
rp_status rp_journal_open(const char *file, const rp_journal_terms *terms,
                          rp_journal **journal, rp_error *err);

/** Whether all terms agree with those of an opened journal, not only the strict
 *  ones. Only before rp_journal_begin. */
bool rp_journal_is_same(const rp_journal *journal,
                        const rp_journal_terms *terms);

/** Get the value of a term of an opened journal; NULL if it has no such term.
 *  Valid until rp_journal_begin. */
const char *rp_journal_value(const rp_journal *journal, const char *name);

/** Check that no other run uses this journal.
 *  Errors: RP_E_INPUT if one does. */
rp_status rp_journal_check_unused(const char *file, rp_error *err);

/** Read the next record of an opened journal; false after the last. The bytes
 *  are valid until rp_journal_begin. */
bool rp_journal_next(rp_journal *journal, rp_journal_record *record);

/** Go back to the first record that rp_journal_next returned. */
void rp_journal_rewind(rp_journal *journal);

/** Replace the file atomically by one without some of its records, after all
 * have been read: nothing can be read any more, rp_journal_begin comes next.
 *  @param is_kept  called for each record in their order
 *  @param added    comes last
 *  Errors: RP_E_IO, RP_E_MEMORY: the file is as it was, and can be used all the
 *  same; RP_E_INPUT: another run took it meanwhile. */
typedef bool rp_journal_choice(void *context, const rp_journal_record *record);
rp_status rp_journal_compact(rp_journal *journal, rp_journal_choice *is_kept,
                             void *context, const rp_journal_record *added,
                             rp_error *err);

/** Count the bytes of a record in the file. */
size_t rp_journal_count_bytes(const rp_journal_record *record);

/** Cut off an incomplete tail. From now on records can be appended.
 *  @param cut  out: number of bytes cut off
 *  Errors: RP_E_IO, RP_E_MEMORY. */
rp_status rp_journal_begin(rp_journal *journal, size_t *cut, rp_error *err);

/** Replace the file atomically by an empty journal with these terms, ready to
 *  append, without giving another run a chance to take it.
 *  Errors: RP_E_IO, RP_E_MEMORY: the old file stays; the journal can only be
 *  closed. */
rp_status rp_journal_restart(rp_journal *journal, const rp_journal_terms *terms,
                             rp_error *err);

/** Create a journal, ready to append. An existing one is replaced atomically.
 *  Errors: RP_E_INPUT: in use by another run; RP_E_IO; RP_E_MEMORY. */
rp_status rp_journal_create(const char *file, const rp_journal_terms *terms,
                            rp_journal **journal, rp_error *err);

/** Queue a record for rp_journal_write.
 *  Errors: RP_E_MEMORY; the journal is unchanged. */
rp_status rp_journal_append(rp_journal *journal,
                            const rp_journal_record *record, rp_error *err);

/** Write the queued records, so that they survive the end of this process.
 *  Errors: RP_E_IO; records that could not be written stay queued. */
rp_status rp_journal_write(rp_journal *journal, rp_error *err);

/** Sync the file to the disk, so that it survives a crash of the machine.
 *  Errors: RP_E_IO, also if the file was removed meanwhile. */
rp_status rp_journal_sync(rp_journal *journal, rp_error *err);

/** Close the journal. Queued records are lost. */
void rp_journal_close(rp_journal *journal); /* NULL is fine */

/** Remove the file and close the journal, when the results of a complete run
 *  have been written. */
void rp_journal_remove(rp_journal *journal);

#endif
