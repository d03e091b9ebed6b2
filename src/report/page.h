/* The report: one XHTML page with inline SVG, without scripts, which fetches
 * nothing. Several results are compared side by side. */
#ifndef RAMPART_REPORT_PAGE_H
#define RAMPART_REPORT_PAGE_H

#include <stdio.h>

#include "input/dataset.h"
#include "net/net.h"
#include "rampart/status.h"
#include "store/results.h"

/** Files to read in place of those that the results name; NULL: as named. */
typedef struct rp_page_files {
  const char *network, *dataset, *labels;
} rp_page_files;

/** A results file and the files it was computed from. */
typedef struct rp_page_source {
  char *file;
  rp_results *results; /* sorted */
  rp_net *net;         /* NULL if not available; net_note says why */
  rp_dataset *data;    /* after rp_dataset_fit; likewise */
  char net_note[400], data_note[400];
} rp_page_source;

/** Read a results file and the network and dataset that it names. These are
 * read only if their digests agree with the results, so that a results file
 * from somebody else cannot make the page show other files. Relative names are
 * looked up in the current folder, then in that of the results file. Errors:
 * RP_E_INPUT (only for the results file), RP_E_MEMORY. */
rp_status rp_page_source_read(const char *file, const rp_page_files *instead,
                              rp_page_source *source, rp_error *err);
void rp_page_source_fini(rp_page_source *source); /* zeroed: fine */

/** Write the page.
 *  @param source  [n], n >= 1
 *  Errors: RP_E_MEMORY; the caller checks ferror(out).
 *  Cost:   O(rows * 256), below 10 MB of text at 10,000 samples a file. */
rp_status rp_page_write(FILE *out, const rp_page_source *source, int n,
                        rp_error *err);

#endif
