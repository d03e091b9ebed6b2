/* The option table, with one line for each engine option. The struct, the
 * defaults, the parser with its range check, the long options and their help,
 * the keys of `options:` in a job file and the attributes of the results are
 * all made from it. */
#ifndef RAMPART_CORE_OPTIONS_H
#define RAMPART_CORE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/norm.h"
#include "rampart/status.h"

/** How a query is decided. */
typedef enum rp_engine {
  RP_ENGINE_HULL,   /* attack, exact dual bounds, hull LP, branch and bound */
  RP_ENGINE_ONEHOT, /* QVIP's encoding, solved by glp_intopt; baseline */
  RP_ENGINE_COMPACT /* one integer for each neuron, likewise; baseline */
} rp_engine;

/** The evidence to keep for the verdicts, so that others can check them. */
typedef enum rp_keep {
  RP_KEEP_NONE,
  RP_KEEP_COUNTEREXAMPLES,
  RP_KEEP_FULL /* proofs of robustness too */
} rp_keep;

/** From this value on, a limit in seconds means "no limit". */
#define RP_NO_LIMIT_S 1e9

/** Maximum number of OpenMP threads of a process. */
enum { RP_MOST_THREADS = 1024 };

/* X(type, name, default, least, greatest, unit, help): name has underscores
 * in job files and dashes on the command line. Types: real, whole. */
#define RP_OPTION_TABLE(X)                                                     \
  X(real, time_limit, 3600, 0.001, 1e9, "s", "wall time for one query")        \
  X(real, cpu_limit, RP_NO_LIMIT_S, 0.001, 1e9, "s",                           \
    "CPU time of the process for one query; useful on a shared machine")       \
  X(real, sample_limit, RP_NO_LIMIT_S, 0.001, 1e9, "s",                        \
    "CPU time for one sample's maximum radius, summed over the radii it asks") \
  X(whole, node_limit, 100000000, 1, INT64_MAX, "nodes",                       \
    "branch-and-bound nodes for one query")                                    \
  X(whole, memory_limit, 400, 1, 1048576, "MiB",                               \
    "memory of the search tree and the LP of one query; one that needs more "  \
    "is asked again, alone")                                                   \
  X(whole, threads, 0, 0, RP_MOST_THREADS, "",                                 \
    "OpenMP threads per rank; 0 divides the cores of a host among its ranks")  \
  X(whole, seed, 1, 0, INT64_MAX, "", "seed of all random choices")            \
  X(whole, attack_moves, 4000, 0, 1000000000, "moves",                         \
    "annealing moves for every node of the tree; 0 disables attacks")          \
  X(whole, dual_steps, 30, 0, 100000, "steps",                                 \
    "evaluations of the dual bound for an inner bound or the root of a part")  \
  X(whole, box_points, 65536, 0, 16777216, "points",                           \
    "largest box to enumerate point by point; 0 disables enumeration")         \
  X(real, lost_after, 60, 0.5, 86400, "s",                                     \
    "silence after which a rank is presumed dead and its tasks are dealt "     \
    "again")

enum { RP_PROPERTY_SIZE = 1024 };

typedef struct rp_options {
  rp_engine engine;
  rp_keep evidence;
  rp_norm norm; /* in which radii are measured */
  /* What is asked of the outputs, as rp_condition_write writes it; "": that
   * the class stays. */
  char property[RP_PROPERTY_SIZE];
#define RP_OPTION_real double
#define RP_OPTION_whole int64_t
#define RP_OPTION_FIELD(type, name, def, least, greatest, unit, help)          \
  RP_OPTION_##type name;
  RP_OPTION_TABLE(RP_OPTION_FIELD)
#undef RP_OPTION_FIELD
} rp_options;

typedef enum rp_option_type { RP_OPTION_REAL, RP_OPTION_WHOLE } rp_option_type;

/** One row of the table, for parsers and printers. */
typedef struct rp_option_info {
  const char *name; /* with underscores */
  rp_option_type type;
  double default_value, least, greatest;
  const char *unit, *help;
  size_t offset; /* in rp_options */
} rp_option_info;

void rp_options_default(rp_options *options);

/** Get the rows of the table and their number. Engine, evidence and norm are
 * not among them. */
const rp_option_info *rp_option_rows(size_t *count);

/** Parse one value and check its range. The name has - or _, and may also be
 *  "engine", "evidence" or "norm".
 *  Errors: RP_E_USAGE with the name, the text found and the range expected. */
rp_status rp_options_set(rp_options *options, const char *name,
                         const char *text, rp_error *err);

/** Whether answers may depend on this option: not for threads, lost_after. */
bool rp_option_decides(const rp_option_info *row);

/** Format the value of an option, for attributes and help. */
void rp_options_get(const rp_options *options, const rp_option_info *row,
                    char *text, size_t size);

const char *rp_engine_name(rp_engine engine);
const char *rp_keep_name(rp_keep keep);

#endif
