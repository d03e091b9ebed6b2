/* Instances of VNN-COMP. */
#ifndef RAMPART_CLI_VNNCOMP_H
#define RAMPART_CLI_VNNCOMP_H

#include "cli/cli.h"

typedef struct cli_instance {
  const char *network, *vnnlib, *result, *timeout; /* files; seconds */
  const rp_options *options;
  const char *profile, *values; /* of the job; NULL: those of the options */
} cli_instance;

/** Decide an instance and write its result, "error" after a failure.
 *  @param word  out: what the competition calls the result
 *  Errors: those of the readers; RP_E_USAGE, RP_E_IO, RP_E_MEMORY;
 *  RP_E_STOPPED: the stop flag of clock.h was set, nothing is written. */
rp_status cli_decide_instance(const cli_args *args, const cli_instance *of,
                              const char **word, rp_error *err);

/** Is the result sat or unsat? */
bool cli_is_decided(const char *word);

/** A list of instances and the folder for its results; the same on all ranks.
 */
typedef struct cli_list {
  bool is_given;
  rp_options options;
  char file[4096], folder[4096];
  char profile[32], values[16]; /* of the job; "": those of the options */
} cli_list;

/** Name a list and its folder. Errors: RP_E_USAGE if a name is too long. */
rp_status cli_set_list(const char *file, const char *folder, cli_list *list,
                       rp_error *err);

/** Decide the instances of a list on all ranks. Collective, between
 *  rp_cluster_init and rp_cluster_fini. Returns the exit status. */
int cli_share_list(const cli_args *args, const cli_list *list);

/** Likewise, as the command line names them, from rp_cluster_init on. */
int cli_decide_instances(const cli_args *args);

#endif
