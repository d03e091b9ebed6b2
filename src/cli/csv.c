/* Prints the rows of several results as one CSV. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

rp_status cli_print_csv(char **header, rp_show_table table, const char *name,
                        const rp_results *results, rp_error *err) {
  char *text = NULL;
  size_t size = 0;
  FILE *const memory = open_memstream(&text, &size);
  if (memory) rp_show_csv(memory, results, table);
  if (!memory || fclose(memory) != 0) {
    free(text);
    return rp_fail(err, RP_E_MEMORY, "CSV: out of memory");
  }
  const size_t length = strcspn(text, "\n") + 1;
  if (*header && strncmp(*header, text, length) != 0) {
    free(text);
    return rp_fail(err, RP_E_USAGE,
                   "--csv: %s holds another table than the files before it; "
                   "name one by --table",
                   name);
  }
  const size_t begin = *header ? length : 0;
  fwrite(text + begin, 1, size - begin, stdout);
  free(*header);
  *header = text;
  return RP_OK;
}
