/* A dataset that the engine read, against what the checker makes of it. */
#ifndef RAMPART_TESTS_SAME_DATASET_H
#define RAMPART_TESTS_SAME_DATASET_H

#include "check_file.h"
#include "fuzz.h"
#include "input/dataset.h"

/** @param read  NULL: the engine refused the files, and the checker is only
 *                asked whether it survives them */
static inline void fuzz_compare_datasets(const char *path, const char *labels,
                                         const rp_dataset *read) {
  array x = {0}, y = {0};
  const bool checked = fuzz_check_dataset(path, labels, read ? read->dim : 4,
                                          read ? read->base : 0, &x, &y);
  if (!read) return;
  fuzz_expect(checked, "the checker reads what the engine reads");
  fuzz_expect(x.n == read->n && x.dim == read->dim,
              "engine and checker read the same sizes");
  for (int64_t i = 0; i < x.n * x.dim; i++)
    fuzz_expect(x.at[i] == read->x[i], "they read the same numbers");
  for (int64_t i = 0; i < x.n; i++)
    fuzz_expect(y.at[i] == read->label[i], "they read the same labels");
}

#endif
