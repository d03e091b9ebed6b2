/* Instances of VNN-COMP. */
#ifndef RAMPART_CLI_VNNCOMP_H
#define RAMPART_CLI_VNNCOMP_H

#include "cli/cli.h"

typedef struct cli_instance {
  const char *network, *vnnlib, *result, *timeout; /* files; seconds */
  int32_t threads; /* unless an option says it; 0: as the environment says */
} cli_instance;

/** Decide an instance and write its result, "error" after a failure.
 *  @param word  out: what the competition calls the result
 *  Errors: those of the readers; RP_E_USAGE, RP_E_IO, RP_E_MEMORY. */
rp_status cli_decide_instance(const cli_args *args, const cli_instance *of,
                              const char **word, rp_error *err);

/** Is the result sat or unsat? */
bool cli_is_decided(const char *word);

/** Decide the instances of a list. Returns the exit status. */
int cli_decide_instances(const cli_args *args);

#endif
