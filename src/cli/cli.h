/* The command line: one table of options, one struct a command.
 *
 * A command says which options it takes; the parser, the help and the check of
 * what is required all follow from that. Engine options come from the option
 * table (options.h) and are the same for every command that decides queries. */
#ifndef RAMPART_CLI_CLI_H
#define RAMPART_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "input/job.h"
#include "input/network_file.h"
#include "rampart/status.h"
#include "show/show.h"
#include "store/results.h"

/** Exit statuses, the same for every command. */
enum {
  CLI_OK = 0,     /* done; every query decided */
  CLI_FAILED = 1, /* internal or write failure; known answers contradicted */
  CLI_USAGE = 2,  /* wrong command line or unusable input */
  CLI_UNDECIDED = 3,
  CLI_INTERRUPTED = 4 /* stopped by a signal; what was left can be resumed */
};

/* X(name, letter, argument, help): name has underscores here and dashes on the
 * command line; letter 0 and argument NULL: none. */
#define CLI_OPTION_TABLE(X)                                                    \
  X(network, 0, "FILE", "network: Rampart's own format or QVIP's weights")     \
  X(format, 0, "NAME", "network's format: " RP_NETWORK_FORMATS " (auto)")      \
  X(input_bits, 0, "N", "bits of one input number, 1 to 8; QVIP's networks")   \
  X(bits, 0, "N", "bits of weights and activations, 2 to 16; QVIP's networks") \
  X(name, 0, "TEXT", "network's name in tables (the file's own, or its stem)") \
  X(dataset, 0, "FILE", "samples: idx (may be gzipped), HDF5 or CSV")          \
  X(labels, 0, "FILE", "labels, where they are in a file of their own (idx)")  \
  X(dataset_format, 0, "NAME",                                                 \
    "dataset's format: " RP_DATASET_FORMATS " (auto)")                         \
  X(x_name, 0, "NAME", "HDF5 array of the samples (x)")                        \
  X(y_name, 0, "NAME", "HDF5 array of the labels (y)")                         \
  X(values, 0, "NAME",                                                         \
    "what the dataset's numbers are: integers, as the network takes them, or " \
    "pixels 0..255, rescaled to its input bits (integers)")                    \
  X(samples, 0, "LIST",                                                        \
    "samples, counted from 0: all, or numbers and ranges: 0-99,150 (all)")     \
  X(radius, 0, "LIST", "radii in input steps, 1 to 255: 2 or 1,2,4 or 1-4")    \
  X(cap, 0, "N", "greatest radius looked at, 1 to the greatest input (it)")    \
  X(title, 0, "TEXT", "title kept in the results file")                        \
  X(output, 'o', "FILE", "file to write")                                      \
  X(known, 0, "FILE", "CSV with known answers, to grade the results by")       \
  X(force, 'f', NULL, "replace the output file if it exists")                  \
  X(shard, 0, "I/N",                                                           \
    "decide the I-th of N parts of the samples; rampart merge joins them")     \
  X(partial, 0, NULL, "merge what is there, even if shards lack something")    \
  X(resume, 0, NULL,                                                           \
    "what an earlier run left unknown under the same limits counts as "        \
    "answered: for scripts that start a job until it is done")                 \
  X(retry, 0, NULL, "ask again all that an earlier run left unknown")          \
  X(fresh, 0, NULL,                                                            \
    "start anew; the output's older files are kept as OUTPUT.old-1 and so on") \
  X(verdict, 0, "LIST",                                                        \
    "only rows of these verdicts: robust, violated, unknown, misclassified, "  \
    "invalid; of radii alone closed, capped, open, unasked")                   \
  X(class, 0, "LIST", "only samples with these labels: 3 or 0-4,9")            \
  X(table, 0, "NAME",                                                          \
    "rows to show: auto, queries, radii, ranks or timeline (auto)")            \
  X(json, 0, NULL, "print everything as JSON, and nothing else")               \
  X(csv, 0, NULL, "print rows as CSV, and nothing else, on standard output")   \
  X(rows, 0, "N", "rows printed at most, or all (20)")                         \
  X(write, 0, "LIST", "what is written: vnncomp, pgm, png (vnncomp)")          \
  X(shape, 0, "SIZE",                                                          \
    "of pictures: 28x28, or with channels 32x32x3 or 3x32x32")                 \
  X(get, 0, "KEY",                                                             \
    "print one value: title, network, dataset, labels, known or output")       \
  X(once, 0, NULL, "look once, do not follow")                                 \
  X(weak, 0, NULL, "the work grows with the ranks")                            \
  X(plot, 0, "FILE", "plot to write (SVG)")                                    \
  X(ranks, 0, "LIST", "numbers of ranks (10,100,1000,10000,100000)")           \
  X(tasks, 0, "N", "rows to decide, drawn at random (as recorded)")            \
  X(tasks_per_rank, 0, "N", "rows to decide for every rank there is, drawn")   \
  X(times, 0, "LAW",                                                           \
    "task times: recorded (wall), cpu, lognormal or pareto (fitted to the "    \
    "record), lognormal:MEDIAN:SIGMA, pareto:LEAST:EXPONENT, "                 \
    "constant:SECONDS (recorded)")                                             \
  X(latency, 0, "US", "microseconds a message travels (20)")                   \
  X(bandwidth, 0, "MB", "megabytes a second of rank 0's link (1000)")          \
  X(message_cost, 0, "US", "microseconds of rank 0 for one message (5)")       \
  X(task_cost, 0, "US", "microseconds of rank 0 for one task (1.2)")           \
  X(poll, 0, "US", "microseconds until a rank looks for messages (500)")       \
  X(split_after, 0, "S",                                                       \
    "seconds after which a task gives shares to idle ranks; 0: never (0.5)")   \
  X(inputs, 0, "N", "bytes of a sample (the record's, or 784)")                \
  X(seed, 0, "N", "seed of what is drawn (1)")                                 \
  X(quiet, 'q', NULL, "no progress and no summary")                            \
  X(verbose, 'v', NULL, "log what is being done")                              \
  X(help, 'h', NULL, "print this page")

typedef enum cli_option {
#define CLI_OPTION_ID(name, letter, argument, help) CLI_##name,
  CLI_OPTION_TABLE(CLI_OPTION_ID)
#undef CLI_OPTION_ID
      CLI_OPTION_COUNT
} cli_option;

#define CLI_BIT(name) ((uint64_t)1 << CLI_##name)

/* Options that say which network, and which dataset. */
#define CLI_NETWORK_BITS                                                       \
  (CLI_BIT(network) | CLI_BIT(format) | CLI_BIT(input_bits) | CLI_BIT(bits) |  \
   CLI_BIT(name))
#define CLI_DATASET_BITS                                                       \
  (CLI_BIT(dataset) | CLI_BIT(labels) | CLI_BIT(dataset_format) |              \
   CLI_BIT(x_name) | CLI_BIT(y_name) | CLI_BIT(values) | CLI_BIT(samples))
/* Options of every command that decides queries. */
#define CLI_REPORT_BITS                                                        \
  (CLI_BIT(title) | CLI_BIT(output) | CLI_BIT(known) | CLI_BIT(table) |        \
   CLI_BIT(csv) | CLI_BIT(rows) | CLI_BIT(quiet) | CLI_BIT(verbose) |          \
   CLI_BIT(shard) | CLI_BIT(resume) | CLI_BIT(retry) | CLI_BIT(fresh))

/* The engine itself, the evidence and every row of the option table. */
enum {
#define CLI_ONE_MORE(type, name, def, least, greatest, unit, help) +1
  CLI_ENGINE_COUNT = 2 RP_OPTION_TABLE(CLI_ONE_MORE)
#undef CLI_ONE_MORE
};

/** A command line taken apart; strings are the process's own. */
typedef struct cli_args {
  const char *text[CLI_OPTION_COUNT];   /* NULL: not given; "": no value */
  char *path[CLI_OPTION_COUNT];         /* texts of files, owned; or NULL */
  const char *engine[CLI_ENGINE_COUNT]; /* engine, evidence, the table's rows */
  char **operand;
  int n_operands;
  const char *history; /* the command line, quoted for a shell */
  int rank;            /* as the launcher numbers the processes */
} cli_args;

typedef struct cli_command {
  const char *name, *summary;
  const char *synopsis;     /* lines, without the program's name */
  const char *description;  /* paragraphs */
  const char *status;       /* lines of EXIT STATUS */
  const char *examples;     /* lines */
  uint64_t takes, requires; /* CLI_BIT(...) */
  bool decides; /* queries: takes engine options, runs on all ranks */
  int least_operands, most_operands;
  /** Returns an exit status. Failures are said by cli_fail. */
  int (*run)(const cli_args *args);
} cli_command;

extern const cli_command cli_run, cli_job, cli_verify, cli_radius, cli_import,
    cli_predict, cli_info, cli_show, cli_merge, cli_export, cli_report,
    cli_watch, cli_scaling, cli_simulate;

/* EXIT STATUS of run, verify and radius, and of the others. */
extern const char cli_decision_status[], cli_plain_status[];

/* ---- args.c ---- */

/** Take a command line apart. argv[0] is the command's name. Options that name
 *  files have "~/" replaced; cli_args_free_paths frees what that takes, also
 *  after a failure.
 *  Errors: RP_E_USAGE, naming the nearest option where there is one;
 *  RP_E_MEMORY. */
rp_status cli_parse(const cli_command *command, int argc, char **argv,
                    cli_args *args, rp_error *err);

void cli_args_free_paths(cli_args *args);

/** Set every engine option that was given. They have been checked. */
void cli_set_options(const cli_args *args, rp_options *options);

/** A whole number; *value is left alone where the option was not given.
 *  Errors: RP_E_USAGE. */
rp_status cli_whole(const cli_args *args, cli_option option, int64_t least,
                    int64_t greatest, int64_t *value, rp_error *err);

/** A number, likewise.
 *  Errors: RP_E_USAGE. */
rp_status cli_real(const cli_args *args, cli_option option, double least,
                   double greatest, double *value, rp_error *err);

/** Greatest number of rows to print; -1: all. Errors: RP_E_USAGE. */
rp_status cli_rows(const cli_args *args, int64_t *rows, rp_error *err);

/** An option's name on the command line, "--input-bits", into text[32]. */
const char *cli_option_name(cli_option option, char text[32]);

/* ---- help.c ---- */
void cli_print_help(const cli_command *command);
void cli_print_commands(const cli_command *const *commands);

/* ---- nearest.c ---- */

/** The name most like a word, NULL if none is near.
 *  @param names  [count], NULL entries are passed over */
const char *cli_nearest(const char *word, const char *const *names,
                        size_t count);

/* ---- sources.c ---- */

/** Network and dataset named by options. Errors: as the readers. */
rp_status cli_network_source(const cli_args *args, rp_network_source *source,
                             rp_error *err);
rp_status cli_dataset_source(const cli_args *args, rp_dataset_source *source,
                             rp_error *err);

/** A job from options; what is to be decided is added by the command.
 *  Errors: RP_E_USAGE, RP_E_MEMORY, those of add. */
typedef rp_status cli_job_add(const cli_args *args, rp_job *job, rp_error *err);
rp_status cli_job_create(const cli_args *args, cli_job_add *add, rp_job **job,
                         rp_error *err);

/** Replace a string of a job by a copy of an option, if it was given. */
rp_status cli_job_take(const cli_args *args, cli_option option, char **to,
                       rp_error *err);

/** Samples to look at: --samples, or all. Errors: RP_E_USAGE, RP_E_MEMORY. */
rp_status cli_job_samples(const cli_args *args, char **samples, rp_error *err);

/* ---- filter.c ---- */

/** Options that say which rows of a results file are meant. */
#define CLI_FILTER_BITS                                                        \
  (CLI_BIT(verdict) | CLI_BIT(samples) | CLI_BIT(class) | CLI_BIT(radius))

/** The filter that they make. Errors: RP_E_USAGE. */
rp_status cli_filter(const cli_args *args, rp_filter *filter, rp_error *err);

/** Read results and leave only the rows that are wanted.
 *  @param all  out, how many queries and radii there were; or NULL
 *  Errors: as rp_results_read. */
rp_status cli_read_rows(const char *file, const rp_filter *filter,
                        rp_results **results, int64_t *all, rp_error *err);

/* ---- begin.c ---- */

/** Take --shard, --resume, --retry and --fresh. The shard becomes part of the
 *  output's name unless that was given on the command line too.
 *  Errors: RP_E_USAGE, RP_E_MEMORY. */
rp_status cli_job_begin(const cli_args *args, rp_job *job, rp_error *err);

/* ---- run_job.c ---- */

/** Make a job on rank 0, run it on all ranks, print, grade.
 *  @param make  called on rank 0 alone
 *  Returns an exit status. */
int cli_run_job(const cli_args *args,
                rp_status (*make)(const cli_args *args, rp_job **job,
                                  rp_error *err));

/** Grade results against known answers and print the grade: on standard
 *  output, or on standard error beside CSV.
 *  @param file          that the answers come from, to be named
 *  @param contradicted  out: both cannot be right
 *  Errors: RP_E_INPUT, RP_E_MEMORY. */
rp_status cli_grade(const rp_known *known, const char *file,
                    const rp_results *results, bool csv, bool *contradicted,
                    rp_error *err);

/* ---- output.c ---- */

/** May this file be written when the work is done? Asked before it starts: an
 *  existing file must be a results file, a new one must be possible. Its folder
 *  is made if that alone is missing.
 *  Errors: RP_E_INPUT. */
rp_status cli_check_results_file(const char *file, rp_error *err);

/** May this new file be written? An existing one needs force. Its folder is
 *  made if that alone is missing.
 *  Errors: RP_E_INPUT. */
rp_status cli_check_new_file(const char *file, bool force, rp_error *err);

/* ---- queue.c ---- */

/** A job in SLURM's queue; words of printable ASCII. */
typedef struct cli_queued {
  char id[64], state[64], reason[64];
} cli_queued;

/** Find the job that slurm/submit.sh submitted for these results.
 *  @param results  name as the user gave it; need not exist
 *  Returns false if there is none, or no SLURM. Cost: a call of squeue. */
bool cli_queue_find(const char *results, cli_queued *job);

/* ---- describe.c ---- */
void cli_describe_network(const rp_net *net);
void cli_describe_dataset(const rp_dataset *data);

/* ---- main.c ---- */

/** Say a failure on standard error; returns its exit status. */
int cli_fail(rp_status status, const rp_error *err);

#endif
