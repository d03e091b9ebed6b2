/* rampart vnncomp: decides an instance of VNN-COMP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/vnncomp.h"
#include "condition/replay.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "files/file.h"
#include "input/vnnlib.h"
#include "verify/verify.h"

typedef struct instance {
  rp_net *net;
  rp_vnnlib *property;
  rp_options options;
  double deadline_s; /* by the wall clock of this process */
  uint8_t *x;        /* [n_in] a counterexample */
  double *real;      /* [n_in] the same in the file's numbers and order */
  int32_t *out;      /* [n_out] */
} instance;

static void instance_fini(instance *s) {
  rp_net_free(s->net);
  rp_vnnlib_free(s->property);
  free(s->x);
  free(s->real);
  free(s->out);
}

/* What the competition calls the outcome of a case, by falling strength. */
typedef enum outcome { UNSAT, TIMEOUT, UNDECIDED, SAT } outcome;

static const char *const words[] = {[UNSAT] = "unsat",
                                    [TIMEOUT] = "timeout",
                                    [UNDECIDED] = "unknown",
                                    [SAT] = "sat"};

/* ---- one case ---- */

/* The inputs x are in the box. Are they a counterexample that the file's own
 * numbers have, too? */
static bool confirm(instance *s, const rp_vnnlib_case *c, const uint8_t *x) {
  if (x != s->x) memcpy(s->x, x, (size_t)s->net->n_in);
  return rp_vnnlib_find_reals(s->property, c, s->net, s->x, s->real) &&
         rp_reference_forward(s->net, s->x, s->out) == RP_OK &&
         rp_condition_is_met(c->condition, s->out, s->net->n_out, 0);
}

static outcome conclude(instance *s, const rp_vnnlib_case *c,
                        const rp_answer *answer) {
  switch (answer->verdict) {
  case RP_ROBUST:
    return UNSAT;
  case RP_MISCLASSIFIED: /* the box's first corner is one already */
    return confirm(s, c, c->box_lo) ? SAT : UNDECIDED;
  case RP_VIOLATED:
    return confirm(s, c, s->x) ? SAT : UNDECIDED;
  case RP_UNKNOWN:
    return answer->reason == RP_REASON_TIME ? TIMEOUT : UNDECIDED;
  case RP_INVALID:
  case RP_VERDICT_COUNT:
    break;
  }
  return UNDECIDED;
}

static rp_status decide(instance *s, const rp_vnnlib_case *c, outcome *found,
                        rp_error *err) {
  const rp_question question = {
      .x = c->box_lo, .box_lo = c->box_lo, .box_hi = c->box_hi};
  const double left_s = s->deadline_s - rp_clock_wall_s();
  rp_verifier *verifier;
  rp_answer answer;
  *found = UNSAT;
  if (c->is_empty) return RP_OK;
  *found = TIMEOUT;
  if (left_s <= 0) return RP_OK;
  s->options.time_limit = left_s;
  RP_TRY(rp_verifier_create(s->net, &s->options, &verifier, err));
  const rp_status status = rp_verifier_ask(verifier, c->condition, err);
  if (status == RP_OK) {
    rp_verify(verifier, &question, rp_stop_flag(), s->x, &answer);
    *found = conclude(s, c, &answer);
  }
  rp_verifier_free(verifier);
  return status;
}

/* A signal that came before is noticed here: what intervals decide takes no
 * notice of it, and a list may hold thousands of such instances. */
static rp_status decide_all(instance *s, outcome *found, rp_error *err) {
  bool is_stopped = atomic_load(rp_stop_flag());
  *found = UNSAT;
  for (int32_t i = 0; !is_stopped && i < s->property->n_cases && *found != SAT;
       i++) {
    outcome one;
    RP_TRY(decide(s, &s->property->item[i], &one, err));
    if (one > *found) *found = one;
    is_stopped = one != SAT && one != UNSAT && atomic_load(rp_stop_flag());
  }
  return is_stopped ? rp_fail(err, RP_E_STOPPED, "stopped by a signal") : RP_OK;
}

/* ---- files ---- */

static bool is_onnx(const char *name) {
  const size_t length = strlen(name);
  return length > 5 && !strcmp(name + length - 5, ".onnx");
}

static rp_status read_files(const cli_args *args, const cli_instance *of,
                            instance *s, rp_error *err) {
  rp_network_source source;
  const rp_vnnlib_source property = {
      .file = of->vnnlib,
      .values = of->values ? of->values : args->text[CLI_values],
      .layout = args->text[CLI_layout]};
  if (property.values && strcmp(property.values, "integers") != 0 &&
      strcmp(property.values, "reals") != 0)
    return rp_fail(err, RP_E_USAGE,
                   "--values: expected integers or reals, found '%.40s'",
                   property.values);
  if (property.layout &&
      !rp_text_is_one_of(property.layout, RP_DATASET_LAYOUTS))
    return rp_fail(err, RP_E_USAGE,
                   "--layout: expected " RP_DATASET_LAYOUTS ", found '%.40s'",
                   property.layout);
  RP_TRY(cli_parse_network_source(args, &source, err));
  source.file = of->network;
  if (of->profile) source.profile = of->profile;
  if (!source.profile && is_onnx(source.file)) source.profile = "ort";
  RP_TRY(rp_network_read(&source, &s->net, err));
  return rp_vnnlib_read(&property, s->net, &s->property, err);
}

static rp_status load(const cli_args *args, const cli_instance *of, instance *s,
                      rp_error *err) {
  double timeout_s;
  if (!rp_parse_real(of->timeout, 0, 1e9, &timeout_s))
    return rp_fail(err, RP_E_USAGE, "TIMEOUT: expected seconds, found '%.40s'",
                   of->timeout);
  s->deadline_s = rp_clock_wall_s() + timeout_s;
  s->options = *of->options;
  RP_TRY(read_files(args, of, s, err));
  s->x = rp_alloc((size_t)s->net->n_in, 1);
  s->real = rp_alloc((size_t)s->net->n_in, sizeof *s->real);
  s->out = rp_alloc((size_t)s->net->n_out, sizeof *s->out);
  return s->x && s->real && s->out
             ? RP_OK
             : rp_fail(err, RP_E_MEMORY, "vnncomp: out of memory");
}

static void print_counterexample(FILE *file, const instance *s) {
  fputc('(', file);
  for (int32_t i = 0; i < s->net->n_in; i++) {
    char text[RP_REAL_SIZE];
    fprintf(file, "%s(X_%d %s)", i ? "\n " : "", i,
            rp_write_real_exactly(s->real[i], text));
  }
  for (int32_t i = 0; i < s->net->n_out; i++)
    fprintf(file, "\n (Y_%d %d)", i, s->out[i]);
  fputs(")\n", file);
}

static rp_status write_result(const char *name, const char *word,
                              const instance *s, rp_error *err) {
  char *bytes = NULL;
  size_t size;
  FILE *const file = open_memstream(&bytes, &size);
  if (!file) return rp_fail(err, RP_E_MEMORY, "%s: out of memory", name);
  fprintf(file, "%s\n", word);
  if (s) print_counterexample(file, s);
  rp_status status = fclose(file) == 0
                         ? rp_file_replace(name, bytes, size, err)
                         : rp_fail(err, RP_E_MEMORY, "%s: out of memory", name);
  free(bytes);
  return status;
}

static bool is_result(const char *word) {
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp(word, words[i])) return true;
  return !strcmp(word, "error");
}

/* The competition's scripts run an instance again over its result, or over an
 * empty file. Nothing else is replaced. */
static rp_status check_result(const char *name, rp_error *err) {
  char word[16] = "";
  struct stat about;
  if (lstat(name, &about) != 0) return RP_OK;
  if (S_ISREG(about.st_mode) && about.st_size == 0) return RP_OK;
  if (!S_ISREG(about.st_mode))
    return rp_fail(err, RP_E_INPUT,
                   "%s: exists and is not a regular file; it is not replaced",
                   name);
  FILE *const file = fopen(name, "rb");
  const bool is_read = file && fgets(word, sizeof word, file);
  if (file) fclose(file);
  word[strcspn(word, "\n")] = '\0';
  return is_read && is_result(word)
             ? RP_OK
             : rp_fail(err, RP_E_INPUT,
                       "%s: exists and is no result of VNN-COMP; it is not "
                       "replaced: name another RESULT",
                       name);
}

rp_status cli_decide_instance(const cli_args *args, const cli_instance *of,
                              const char **word, rp_error *err) {
  instance s = {0};
  outcome found = UNDECIDED;
  rp_error ignored;
  rp_status st = load(args, of, &s, err);
  if (st == RP_OK) st = decide_all(&s, &found, err);
  *word = words[found];
  if (st == RP_OK)
    st = write_result(of->result, *word, found == SAT ? &s : NULL, err);
  else if (st != RP_E_STOPPED)
    (void)write_result(of->result, *word = "error", NULL, &ignored);
  instance_fini(&s);
  return st;
}

bool cli_is_decided(const char *word) {
  return !strcmp(word, words[SAT]) || !strcmp(word, words[UNSAT]);
}

static int run(const cli_args *args) {
  if (args->n_operands < 4) return cli_decide_instances(args);
  rp_options options;
  rp_options_default(&options);
  cli_set_options(args, &options);
  const cli_instance of = {args->operand[0],
                           args->operand[1],
                           args->operand[2],
                           args->operand[3],
                           &options,
                           NULL,
                           NULL};
  if (args->rank > 0) return CLI_OK; /* rank 0 decides a single instance */
  const char *word;
  rp_error err = {""};
  rp_status st = check_result(of.result, &err);
  if (st == RP_OK) st = cli_decide_instance(args, &of, &word, &err);
  if (st != RP_OK) return cli_fail(st, &err);
  if (!args->text[CLI_quiet]) printf("%s\n", word);
  return cli_is_decided(word) ? CLI_OK : CLI_UNDECIDED;
}

const cli_command cli_vnncomp = {
    .name = "vnncomp",
    .summary = "decide instances of VNN-COMP",
    .synopsis = "rampart vnncomp [OPTION]... NETWORK VNNLIB RESULT TIMEOUT\n"
                "rampart vnncomp [OPTION]... INSTANCES FOLDER\n"
                "mpirun -n RANKS rampart vnncomp [OPTION]... INSTANCES FOLDER",
    .description =
        "Reads a network and a property in VNN-LIB (1.0 or 2.0, may be "
        "gzipped), decides within TIMEOUT seconds whether there is an input "
        "that meets all assertions, and writes RESULT as the competition reads "
        "it: one word, sat, unsat, unknown, timeout or error, and after sat a "
        "counterexample. A file that is no such result is not replaced. The "
        "counterexample was replayed; its outputs are the whole numbers "
        "of the network's last layer.\n\nEvery assertion is a bound of one "
        "input, a linear constraint of outputs, or these joined by and / or. "
        "Real inputs go through the quantizer of the network's input (ONNX, "
        "TFLite), and unsat is about all reals within the bounds. Without such "
        "a quantizer only files with integer types are read, unless --values "
        "integers says that all numbers of the file are the network's own, as "
        "rampart export writes them. Outputs of deployed networks can only be "
        "compared with each other, as their scale is not kept.\n\nONNX files "
        "have profile ort unless --profile says otherwise.\n\nINSTANCES is a "
        "CSV "
        "file as the competition has them: a line NETWORK,VNNLIB,TIMEOUT for "
        "each instance, with paths from the file's folder. FOLDER gets a "
        "result "
        "for each, in the order of lines, and results.csv, which grows with "
        "every instance. The same command goes on with such a FOLDER: what is "
        "sat or unsat stays, all else is asked again, and its lines stay until "
        "then. Started by mpirun, "
        "all ranks share the instances, each decided by one of them. An "
        "instance that cannot "
        "be read is reported and counts as error. A signal to any rank stops "
        "all; instances that were not decided then are asked by the next "
        "such command. A single instance ends with the signal at once.",
    .status =
        "0  sat or unsat; of INSTANCES all of them\n"
        "1  RESULT could not be written\n"
        "2  wrong command line or unusable input; RESULT says error\n"
        "3  unknown or timeout; of INSTANCES one of them, or an error\n"
        "4  of INSTANCES: stopped by SIGTERM, SIGINT or SIGUSR1 before all "
        "were\n   asked; the same command line goes on",
    .examples = "rampart vnncomp net.onnx prop_0.vnnlib result.txt 300\n"
                "rampart vnncomp --values integers data/digits_net.h5 \\\n"
                "    prop_5_20.vnnlib result.txt 60\n"
                "rampart vnncomp benchmark/instances.csv benchmark_results",
    .takes = (CLI_NETWORK_BITS & ~CLI_BIT(network)) | CLI_BIT(values) |
             CLI_BIT(layout) | CLI_BIT(quiet) | CLI_BIT(help),
    .decides = true,
    .least_operands = 2,
    .most_operands = 4,
    .run = run,
};
