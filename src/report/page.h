/* Results as one page to look at: XHTML with inline SVG, no scripts, nothing
 * fetched. Several results stand side by side. */
#ifndef RAMPART_REPORT_PAGE_H
#define RAMPART_REPORT_PAGE_H

#include <stdio.h>

#include "input/dataset.h"
#include "net/net.h"
#include "rampart/status.h"
#include "store/results.h"

/** Files to take instead of those that the results name; NULL: as named. */
typedef struct rp_page_files {
  const char *network, *dataset, *labels;
} rp_page_files;

/** One results file and what it was computed from. */
typedef struct rp_page_source {
  char *file;
  rp_results *results; /* sorted */
  rp_net *net;         /* NULL: not at hand, and net_note says why */
  rp_dataset *data;    /* fitted to the network; likewise */
  char net_note[400], data_note[400];
} rp_page_source;

/** Read a results file, and the network and the dataset it names. These are
 *  opened only if their digests are those in the results, so that a results
 *  file from elsewhere cannot make the page show other files. Paths are taken
 *  from the current folder, then from the results file's.
 *  Errors: RP_E_INPUT for the results file alone, RP_E_MEMORY. */
rp_status rp_page_source_read(const char *file, const rp_page_files *instead,
                              rp_page_source *source, rp_error *err);
void rp_page_source_fini(rp_page_source *source); /* zeroed: fine */

/** Write the page.
 *  @param source  [n], n >= 1
 *  Errors: RP_E_MEMORY; the caller asks ferror(out).
 *  Cost:   O(rows * 256), below 10 MB of text at 10,000 samples a file. */
rp_status rp_page_write(FILE *out, const rp_page_source *source, int n,
                        rp_error *err);

#endif
