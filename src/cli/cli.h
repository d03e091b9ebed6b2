/* The command line: one table of options and one struct for each command.
 *
 * A command lists the options that it takes. The parser, the help page and the
 * check for required options all use that list. Engine options come from the
 * table in options.h; every command that decides queries takes all of them. */
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
  CLI_OK = 0,     /* done; every query was decided */
  CLI_FAILED = 1, /* internal error, failed write, contradiction */
  CLI_USAGE = 2,  /* wrong command line or unusable input */
  CLI_UNDECIDED = 3,
  CLI_INTERRUPTED = 4 /* stopped by a signal; the run can be resumed */
};

/* X(name, letter, argument, help): name has underscores here and dashes on the
 * command line. An option without a short form has letter 0; one without an
 * argument has argument NULL. Texts name the default in parentheses. */
#define CLI_OPTION_TABLE(X)                                                    \
  X(network, 0, "FILE",                                                        \
    "network: Rampart's own format, TFLite, ONNX or QVIP's weights")           \
  X(format, 0, "NAME", "network's format: " RP_NETWORK_FORMATS " (auto)")      \
  X(profile, 0, "NAME",                                                        \
    "runtime whose rounding is meant; TFLite networks: " RP_TFLITE_PROFILES    \
    "; ONNX networks: " RP_ONNX_PROFILES                                       \
    " (ONNX Runtime on x64; without VNNI its sums may saturate)")              \
  X(input_bits, 0, "N", "bits of one input number, 1 to 8; QVIP's networks")   \
  X(bits, 0, "N", "bits of weights and activations, 2 to 16; QVIP's networks") \
  X(name, 0, "TEXT",                                                           \
    "network's name in tables (the name in the file, or the file's stem); of " \
    "a job about several networks, the only one to ask about")                 \
  X(dataset, 0, "FILE", "samples: idx, HDF5, npz, npy or CSV")                 \
  X(labels, 0, "FILE", "labels, if they are in a separate file (idx, npy)")    \
  X(dataset_format, 0, "NAME",                                                 \
    "dataset's format: " RP_DATASET_FORMATS " (auto)")                         \
  X(layout, 0, "NAME",                                                         \
    "order of rows, columns and channels in samples: nhwc or nchw (by shape)") \
  X(x_name, 0, "NAME", "HDF5 or npz array of the samples (x)")                 \
  X(y_name, 0, "NAME", "HDF5 or npz array of the labels (y)")                  \
  X(classes, 0, "FILE", "names of the classes, one a line, for people")        \
  X(values, 0, "NAME",                                                         \
    "what the dataset's numbers are: integers that the network takes as they " \
    "are, pixels 0..255, rescaled to its input bits, or reals for the "        \
    "quantizer of its input (integers)")                                       \
  X(samples, 0, "LIST",                                                        \
    "samples, counted from 0: all, or numbers and ranges such as 0-99,150 "    \
    "(all)")                                                                   \
  X(radius, 0, "LIST",                                                         \
    "radii, 1 to 255, such as 2 or 1,2,4 or 1-4, in input steps (with --norm " \
    "l0 in inputs), or fractions of the input range such as 2/255")            \
  X(cap, 0, "N",                                                               \
    "greatest radius to ask, from 1 to the greatest input, with --norm to "    \
    "the "                                                                     \
    "greatest distance of two inputs or 255 (the greatest)")                   \
  X(box, 0, "FILE",                                                            \
    "inputs stay in these boxes as well: npz, npy or CSV of lower and upper "  \
    "bounds or of a mask of the inputs that may change (no radius is needed)") \
  X(patch, 0, "K",                                                             \
    "inputs change in a square of K x K pixels alone, asked about at every "   \
    "place by itself (no radius is needed)")                                   \
  X(property, 0, "TEXT",                                                       \
    "what the outputs must fulfil in place of the class: never class 8, "      \
    "always in top 3, always y0 - 2 y3 <= 5 and y1 >= 0, never y0 > 5 and y1 " \
    "< 0 or y2 > 7")                                                           \
  X(target, 0, "N",                                                            \
    "ask for an input that is classified as N: never class N; all: about "     \
    "each "                                                                    \
    "class but the label in turn")                                             \
  X(top_k, 0, "K",                                                             \
    "ask for an input whose label is not among the K greatest outputs: "       \
    "always in top K")                                                         \
  X(title, 0, "TEXT", "title to store in the results file")                    \
  X(output, 'o', "FILE", "file to write")                                      \
  X(known, 0, "FILE",                                                          \
    "CSV file of known answers, to grade the results against")                 \
  X(verify, 0, "N",                                                            \
    "compare the network with its file on N samples, from the dataset or "     \
    "random")                                                                  \
  X(force, 'f', NULL, "replace the output file if it exists")                  \
  X(shard, 0, "I/N",                                                           \
    "decide the I-th of N shards of the samples; rampart merge joins them")    \
  X(partial, 0, NULL, "merge even if shards are missing or incomplete")        \
  X(resume, 0, NULL,                                                           \
    "do not ask again what an earlier run left unknown under the same "        \
    "limits; for scripts that restart a job until it is done")                 \
  X(retry, 0, NULL, "ask again everything that an earlier run left unknown")   \
  X(fresh, 0, NULL,                                                            \
    "start anew; older files of the output are kept as OUTPUT.old-1 and so "   \
    "on")                                                                      \
  X(verdict, 0, "LIST",                                                        \
    "only rows with these verdicts: robust, violated, unknown, "               \
    "misclassified, invalid; for radii also closed, capped, open, unasked")    \
  X(class, 0, "LIST", "only samples with these labels, such as 3 or 0-4,9")    \
  X(table, 0, "NAME",                                                          \
    "rows to show: auto, queries, radii, ranks or timeline (auto)")            \
  X(json, 0, NULL, "print everything as JSON and nothing else")                \
  X(csv, 0, NULL, "print rows as CSV and nothing else on standard output")     \
  X(rows, 0, "N", "maximum number of rows to print, or all (20)")              \
  X(write, 0, "LIST", "what to write: vnncomp, pgm, png (vnncomp)")            \
  X(shape, 0, "SIZE",                                                          \
    "shape of pictures: 28x28, or with channels 32x32x3 or 3x32x32")           \
  X(get, 0, "KEY",                                                             \
    "print one value: title, name, network, dataset, labels, known, output "   \
    "or instances")                                                            \
  X(once, 0, NULL, "print the present state once and exit")                    \
  X(weak, 0, NULL, "weak scaling: the number of samples grows with the ranks") \
  X(plot, 0, "FILE", "plot to write (SVG)")                                    \
  X(ranks, 0, "LIST",                                                          \
    "numbers of ranks to simulate (10,100,1000,10000,100000)")                 \
  X(tasks, 0, "N", "number of rows to decide, drawn at random (as recorded)")  \
  X(tasks_per_rank, 0, "N",                                                    \
    "number of rows to decide per rank, drawn at random")                      \
  X(times, 0, "LAW",                                                           \
    "task times: recorded (wall), cpu, lognormal or pareto (fitted to the "    \
    "record), lognormal:MEDIAN:SIGMA, pareto:LEAST:EXPONENT, "                 \
    "constant:SECONDS (recorded)")                                             \
  X(latency, 0, "US", "latency of a message in microseconds (20)")             \
  X(bandwidth, 0, "MB",                                                        \
    "bandwidth of rank 0's link in megabytes per second (1000)")               \
  X(message_cost, 0, "US",                                                     \
    "microseconds that rank 0 spends on one message (5)")                      \
  X(task_cost, 0, "US", "microseconds that rank 0 spends on one task (1.2)")   \
  X(poll, 0, "US", "microseconds between a rank's checks for messages (500)")  \
  X(split_after, 0, "S",                                                       \
    "seconds after which a task is split to occupy idle ranks; 0: never "      \
    "(0.25)")                                                                  \
  X(inputs, 0, "N", "bytes of a sample (as recorded, or 784)")                 \
  X(seed, 0, "N", "seed of the random draws (1)")                              \
  X(events, 0, "FILE",                                                         \
    "append a line of JSON to FILE for everything that happens")               \
  X(notify, 0, "COMMAND",                                                      \
    "run COMMAND in a shell at the end, with $RAMPART_RESULTS and "            \
    "$RAMPART_STATUS")                                                         \
  X(quiet, 'q', NULL, "print neither progress nor summary")                    \
  X(verbose, 'v', NULL, "log each step")                                       \
  X(help, 'h', NULL, "print this page")

typedef enum cli_option {
#define CLI_OPTION_ID(name, letter, argument, help) CLI_##name,
  CLI_OPTION_TABLE(CLI_OPTION_ID)
#undef CLI_OPTION_ID
      CLI_OPTION_COUNT
} cli_option;

#define CLI_BIT(name) ((uint64_t)1 << CLI_##name)

/* Options that select the network, and those that select the dataset. */
#define CLI_NETWORK_BITS                                                       \
  (CLI_BIT(network) | CLI_BIT(format) | CLI_BIT(profile) |                     \
   CLI_BIT(input_bits) | CLI_BIT(bits) | CLI_BIT(name))
#define CLI_DATASET_BITS                                                       \
  (CLI_BIT(dataset) | CLI_BIT(labels) | CLI_BIT(dataset_format) |              \
   CLI_BIT(layout) | CLI_BIT(x_name) | CLI_BIT(y_name) | CLI_BIT(values) |     \
   CLI_BIT(samples))
#define CLI_PROPERTY_BITS                                                      \
  (CLI_BIT(property) | CLI_BIT(target) | CLI_BIT(top_k) | CLI_BIT(box) |       \
   CLI_BIT(patch))
/* Options of every command that decides queries. */
#define CLI_REPORT_BITS                                                        \
  (CLI_BIT(classes) | CLI_BIT(title) | CLI_BIT(output) | CLI_BIT(known) |      \
   CLI_BIT(table) | CLI_BIT(csv) | CLI_BIT(rows) | CLI_BIT(quiet) |            \
   CLI_BIT(verbose) | CLI_BIT(shard) | CLI_BIT(resume) | CLI_BIT(retry) |      \
   CLI_BIT(fresh) | CLI_BIT(events) | CLI_BIT(notify))

/* --engine, --evidence and one option for every row of the option table. */
enum {
#define CLI_ONE_MORE(type, name, def, least, greatest, unit, help) +1
  CLI_NAMED_COUNT = 3, /* engine, evidence, norm; then those of the table */
  CLI_ENGINE_COUNT = CLI_NAMED_COUNT RP_OPTION_TABLE(CLI_ONE_MORE)
#undef CLI_ONE_MORE
};

/** A parsed command line. Strings are borrowed from argv, except for paths. */
typedef struct cli_args {
  const char *text[CLI_OPTION_COUNT]; /* NULL: not given; "": no value */
  char *path[CLI_OPTION_COUNT];       /* expanded file names, owned, or NULL */
  const char *engine[CLI_ENGINE_COUNT]; /* order: get_engine_name */
  char **operand;
  int n_operands;
  const char *history; /* the command line, quoted for a shell */
  int rank;            /* as numbered by the launcher, see main.c */
  bool is_launched;    /* by mpirun or srun */
} cli_args;

typedef struct cli_command {
  const char *name, *summary;
  const char *synopsis;     /* lines, without the program's name */
  const char *description;  /* paragraphs */
  const char *status;       /* lines of EXIT STATUS */
  const char *examples;     /* lines */
  uint64_t takes, requires; /* CLI_BIT(...) */
  bool decides;             /* takes engine options and runs on all ranks */
  int least_operands, most_operands;
  /** Returns an exit status. Reports failures by cli_fail. */
  int (*run)(const cli_args *args);
} cli_command;

extern const cli_command cli_run, cli_diff, cli_job, cli_verify, cli_radius,
    cli_import, cli_predict, cli_vnncomp, cli_info, cli_show, cli_merge,
    cli_export, cli_report, cli_watch, cli_scaling, cli_simulate;

/* The section EXIT STATUS of run, verify and radius, and of the others. */
extern const char cli_decision_status[], cli_plain_status[];

/* ---- args.c ---- */

/** Parse a command line; argv[0] is the name of the command. A leading "~/" in
 * the name of a file is expanded. Call cli_args_free_paths afterwards, also
 * after a failure.
 *  Errors: RP_E_USAGE, naming the nearest option where there is one;
 *  RP_E_MEMORY. */
rp_status cli_parse(const cli_command *command, int argc, char **argv,
                    cli_args *args, rp_error *err);

void cli_args_free_paths(cli_args *args);

/** Apply every engine option that was given. cli_parse has checked them. */
void cli_set_options(const cli_args *args, rp_options *options);

/** Parse a whole number. *value is unchanged if the option was not given.
 *  Errors: RP_E_USAGE. */
rp_status cli_parse_whole(const cli_args *args, cli_option option,
                          int64_t least, int64_t greatest, int64_t *value,
                          rp_error *err);

/** Parse a number, likewise.
 *  Errors: RP_E_USAGE. */
rp_status cli_parse_real(const cli_args *args, cli_option option, double least,
                         double greatest, double *value, rp_error *err);

/** Parse --radius, which was given.
 *  @param least  0 or 1: least radius
 *  Errors: RP_E_USAGE. */
rp_status cli_parse_radii(const cli_args *args, int32_t least, rp_radii *radii,
                          rp_error *err);

/** Parse --rows, the maximum number of rows to print; -1: all.
 *  Errors: RP_E_USAGE. */
rp_status cli_parse_rows(const cli_args *args, int64_t *rows, rp_error *err);

/** An option's name on the command line, "--input-bits", into text[32]. */
const char *cli_option_name(cli_option option, char text[32]);

/* ---- help.c ---- */
void cli_print_help(const cli_command *command);
void cli_print_commands(const cli_command *const *commands);

/* ---- nearest.c ---- */

/** Find the name that is nearest to a word; NULL if none is near.
 *  @param names  [count]; NULL entries are skipped */
const char *cli_find_nearest(const char *word, const char *const *names,
                             size_t count);

/* ---- sources.c ---- */

/** Describe the network and the dataset that options name.
 *  Errors: RP_E_USAGE. */
rp_status cli_parse_network_source(const cli_args *args,
                                   rp_network_source *source, rp_error *err);
rp_status cli_parse_dataset_source(const cli_args *args,
                                   rp_dataset_source *source, rp_error *err);

/** Make a job from options. The callback adds the queries of the command.
 *  Errors: RP_E_USAGE, RP_E_MEMORY, those of add. */
typedef rp_status cli_job_filler(const cli_args *args, rp_job *job,
                                 rp_error *err);
rp_status cli_job_create(const cli_args *args, cli_job_filler *add,
                         rp_job **job, rp_error *err);

/** Replace a string of a job by a copy of the option's text, if given.
 *  Errors: RP_E_MEMORY. */
rp_status cli_override_text(const cli_args *args, cli_option option, char **to,
                            rp_error *err);

/** Note that a value of a job was given by an option. */
void cli_note_place(cli_option option, rp_job_place *at);

/** Copy the list of --samples, "all" if it was not given.
 *  Errors: RP_E_USAGE, RP_E_MEMORY. */
rp_status cli_parse_samples(const cli_args *args, char **samples,
                            rp_error *err);

/* ---- filter.c ---- */

/** Options that select rows of a results file. */
#define CLI_FILTER_BITS                                                        \
  (CLI_BIT(verdict) | CLI_BIT(samples) | CLI_BIT(class) | CLI_BIT(radius))

/** Make a filter from these options. Errors: RP_E_USAGE. */
rp_status cli_parse_filter(const cli_args *args, rp_filter *filter,
                           rp_error *err);

/** Read a results file and keep only the rows that pass the filter.
 *  @param all  out, number of queries and radii in the file; may be NULL
 *  Errors: as rp_results_read. */
rp_status cli_read_rows(const char *file, const rp_filter *filter,
                        rp_results **results, int64_t *all, rp_error *err);

/* ---- begin.c ---- */

/** Parse --shard, --resume, --retry and --fresh. Errors: RP_E_USAGE. */
rp_status cli_parse_begin(const cli_args *args, rp_job *job, rp_error *err);

/** Find which networks of a job are asked about: all, or the one that --name
 *  names: first..end-1. Errors: RP_E_USAGE. */
rp_status cli_select_networks(const cli_args *args, const rp_job *job,
                              int32_t *first, int32_t *end, rp_error *err);

/** Name the output after the shard, unless --output was given. Errors:
 *  RP_E_MEMORY. */
rp_status cli_name_shard(const cli_args *args, rp_job *job, rp_error *err);

/** Make the run of a job about its i-th network, after cli_parse_begin. It is
 *  graded against what is known about that. Its output is named after the
 *  network, if there are several, unless both --name and --output were given,
 *  and after the shard.
 *  @param run  out; everything but `output`, which the caller frees, belongs to
 *              the job and is not to be freed
 *  Errors: RP_E_MEMORY. */
rp_status cli_choose_network(const cli_args *args, const rp_job *job, int32_t i,
                             rp_job *run, rp_error *err);

/* ---- notify.c ---- */

/** Run a command in a shell and wait for its end; $RAMPART_RESULTS and
 *  $RAMPART_STATUS tell it the results files, one a line, and the exit status
 * of the run. Its failure is only said. */
void cli_notify(const char *command, const char *results, int status);

/* ---- csv.c ---- */

/** Print the rows of a table; several results make one CSV, with one header.
 *  @param header  NULL at first; to be freed by the caller at the end
 *  Errors: RP_E_USAGE if the table has another header than those before it;
 *  RP_E_MEMORY. */
rp_status cli_print_csv(char **header, rp_show_table table, const char *name,
                        const rp_results *results, rp_error *err);

/* ---- run_job.c ---- */

/** Make a job on rank 0, run it on all ranks, print and grade the results.
 *  @param make  called on rank 0 alone, once for each network of the job
 *  Returns an exit status. */
typedef rp_status cli_job_maker(const cli_args *args, rp_job **job,
                                rp_error *err);
int cli_run_job(const cli_args *args, cli_job_maker *make);

/** Grade results against known answers and print the grade on standard output,
 *  or on standard error if standard output holds CSV.
 *  @param file          name of the file with the known answers, for messages
 *  @param contradicted  out: true if a result contradicts a known answer
 *  Errors: RP_E_INPUT, RP_E_MEMORY. */
rp_status cli_grade(const rp_known *known, const char *file,
                    const rp_results *results, bool csv, bool *contradicted,
                    rp_error *err);

/* ---- output.c ---- */

/** Check, before the work starts, that results can be written to this file: an
 *  existing file must be a results file, and the folder must be writable. The
 *  folder is created if only its last component is missing.
 *  Errors: RP_E_INPUT. */
rp_status cli_check_results_file(const char *file, rp_error *err);

/** Check that this file can be created; an existing file needs force, and a
 *  whole results file is never replaced. The folder is created if only its last
 *  component is missing.
 *  Errors: RP_E_INPUT. */
rp_status cli_check_new_file(const char *file, bool force, rp_error *err);

/* ---- queue.c ---- */

/** A job in SLURM's queue. The texts are printable ASCII without spaces. */
typedef struct cli_queued {
  char id[64], state[64], reason[64];
} cli_queued;

/** Find the job that slurm/submit.sh submitted for these results.
 *  @param results  name as the user gave it; the file need not exist
 *  Returns false if there is no such job or no SLURM.
 *  Cost: runs squeue once. */
bool cli_queue_find(const char *results, cli_queued *job);

/* ---- describe.c ---- */
void cli_describe_dataset(const rp_dataset *data);

/** Print "28 x 28 = 784 numbers", or "784 numbers" where they have no shape. */
void cli_print_shape(const char *what, int32_t n_dims, const int32_t *dims,
                     int32_t count);

/* ---- describe_network.c ---- */
void cli_describe_network(const rp_net *net);

/* ---- main.c ---- */

/** Print a failure on standard error and return its exit status. */
int cli_fail(rp_status status, const rp_error *err);

#endif
