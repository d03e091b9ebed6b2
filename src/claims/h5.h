/* HDF5 over the bytes of a file. Objects are named by their paths. For this
 * room alone. */
#ifndef RAMPART_CLAIMS_H5_H
#define RAMPART_CLAIMS_H5_H

#include "claims/claims.h"

enum { MOST_DIMS = 5 };

h5 rp_check_h5_open(const char *file, blob b);
/** Stop if an object has other attributes than these or, as a group, other
 *  members, or one of them twice. Names are separated by spaces; FIELD_* is a
 *  pattern. */
void rp_check_h5_only(h5 f, const char *path, const char *attributes,
                      const char *members);
bool rp_check_h5_has(h5 f, const char *path, const char *attribute);
/** Whether there is a group or an array. */
bool rp_check_h5_exists(h5 f, const char *path);
/** Count the members of a group; -1: there is none. */
int32_t rp_check_h5_members(h5 f, const char *path);
/** Whether there is such an object, of which the parents exist. */
bool rp_check_h5_contains(h5 f, const char *path);
/** Get the number of dimensions of an array; -1: there is none. */
int rp_check_h5_rank(h5 f, const char *path);
/** Count the arrays below a group, each once; -1: they cannot be counted. */
int64_t rp_check_h5_arrays(h5 f, const char *path);
/** Get the place of an object, the same for all paths that lead to it. */
uint64_t rp_check_h5_place(h5 f, const char *path);
/** Read attributes: one number up to ACC_LIMIT, one real, 1..most numbers,
 *  one text, 0..most texts. */
int32_t rp_check_h5_whole(h5 f, const char *path, const char *name);
double rp_check_h5_real(h5 f, const char *path, const char *name);
int64_t rp_check_h5_wholes(h5 f, const char *path, const char *name,
                           int64_t most, int64_t *to);
void rp_check_h5_text(h5 f, const char *path, const char *name, text to);
/** Read a text that must be one of the words, or may be empty if `words` begins
 *  with a blank. */
void rp_check_h5_word(h5 f, const char *path, const char *name,
                      const char *words, text to);
int64_t rp_check_h5_texts(h5 f, const char *path, const char *name,
                          int64_t most, text *to);
/** Whether an array has real numbers. */
bool rp_check_h5_is_real(h5 f, const char *path);
/** Read a whole array as double, float or int64. It must have this rank (0:
 * any); sizes beyond its rank are 1. */
typedef enum precision { WHOLE, SINGLE, DOUBLE } precision;
void *rp_check_h5_array(h5 f, const char *path, precision kind, int rank,
                        int64_t dims[MOST_DIMS]);

enum { MOST_COLUMNS = 9 };

/** A column of a table, and the place of its values in a row. */
typedef struct column {
  const char *name;
  int to; /* in a row */
  bool is_text;
} column;
/** Read all rows of a table.
 *  @param c  [MOST_COLUMNS] all its columns */
row *rp_check_h5_table(h5 f, const char *path, const column *c, int64_t *n);

/* ---- files.c, native.c ---- */

/** Read a file that the results name, with the hash that they name; no bytes if
 *  they name none. */
blob rp_check_read_origin(const results *r, int which, text file);
/** Read one of Rampart's own network files. */
void rp_check_read_native(h5 f, net *n);

#endif
