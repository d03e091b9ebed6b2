/* What a fuzz target is, and what the targets share.
 *
 * A target is one file that gives two functions: one feeds bytes to a reader
 * and aborts if the reader breaks a promise, the other makes good inputs to
 * begin with. The same file is linked with libFuzzer (preset `fuzz`), which
 * searches for hours, and with driver.c, which the test suite runs with any
 * compiler. Findings are kept in findings/TARGET and are run first by both. */
#ifndef RAMPART_TESTS_FUZZ_H
#define RAMPART_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rampart/status.h"

typedef struct fuzz_bytes {
  uint8_t *data; /* malloc'ed */
  size_t size;
} fuzz_bytes;

/** Feed the bytes to the reader, and check what it promises.
 *  @return  0, as libFuzzer wants it */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Make a good input, which the caller frees.
 *  @param number  from 0
 *  @return  false: there are no more */
bool fuzz_make_seed(int number, fuzz_bytes *seed);

/* ---- common.c ---- */

/** A file of this process in a temporary folder, in memory where the system has
 *  such a place. The folder goes when the process ends.
 *  @return  the path; the same pointer for the same name, at most eight names
 */
const char *fuzz_path(const char *name);

/** Write a file; failure ends the process. */
void fuzz_write(const char *path, const void *data, size_t size);
fuzz_bytes fuzz_read(const char *path);

/** A copy of these bytes, exactly as large, so that reading on is seen. */
fuzz_bytes fuzz_copy(const void *data, size_t size);
void fuzz_append(fuzz_bytes *to, const void *data, size_t size);

/** End the process with a message unless a promise is kept. */
void fuzz_expect(bool kept, const char *promise);

/** A reader may succeed, refuse its input with one line, or lack memory. */
void fuzz_expect_verdict(rp_status status, const rp_error *err);

/** The next bytes of an input that is a list of choices; zeros at its end. */
typedef struct fuzz_choices {
  const uint8_t *at, *end;
} fuzz_choices;
uint8_t fuzz_choose(fuzz_choices *from);

/** Seeds of targets whose input is such a list: lists of many lengths. */
bool fuzz_make_choices(int number, fuzz_bytes *seed);

#endif
