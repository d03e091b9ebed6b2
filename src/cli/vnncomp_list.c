/* Lists of VNN-COMP's instances: instances.csv in, a folder of results out. All
 * ranks read the list, and rank 0 deals its lines. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/vnncomp.h"
#include "cluster/cluster.h"
#include "cluster/deal.h"
#include "core/clock.h"
#include "core/csv.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "files/file.h"
#include "files/fileutil.h"
#include "files/sha256.h"
#include "store/instances.h"

enum { MOST_BYTES = 1 << 24, MOST_PATH = 4096 };

/* What a rank says about an instance. */
typedef struct verdict {
  bool is_there;
  rp_status status; /* a failure is told by rank 0 */
  double seconds;
  int32_t rank;
  char word[16];
  rp_error err;
} verdict;

typedef struct line {
  int number; /* in the file, from 1 */
  const char *network, *vnnlib, *timeout;
  verdict found; /* by this run, or by an earlier one */
  bool is_done;  /* this run need not ask it any more */
} line;

typedef struct list {
  const cli_args *args;
  const char *file, *folder;    /* of the instances, of the results */
  const char *profile, *values; /* as of cli_instance */
  line *at;                     /* [n] over `content` */
  int64_t n;
  rp_file_content content;
  rp_options options;
  char sha256[65];   /* of the list */
  bool is_shared;    /* this rank found the same list as rank 0 */
  rp_status written; /* of results.csv */
  rp_error err;
} list;

/* ---- reading ---- */

static rp_status fail_line(const list *l, int number, const char *found,
                           rp_error *err) {
  return rp_fail(err, RP_E_INPUT,
                 "%s:%d: expected NETWORK,VNNLIB,TIMEOUT, found '%.*s'",
                 l->file, number, rp_text_fit(found, 80), found);
}

static int count_commas(const char *text) {
  int n = 0;
  for (; *text; text++) n += *text == ',';
  return n;
}

/* A line of three cells without quotes; it is taken apart in place. */
static rp_status take_line(list *l, int number, char *text, rp_error *err) {
  char *cell[3] = {text, NULL, NULL};
  double timeout;
  if (strchr(text, '"') || count_commas(text) != 2)
    return fail_line(l, number, text, err);
  for (int i = 1; i < 3; i++) {
    cell[i] = strchr(cell[i - 1], ',');
    *cell[i]++ = '\0';
  }
  for (int i = 0; i < 3; i++) cell[i] += strspn(cell[i], " \t");
  if (!*cell[0] || !*cell[1]) return fail_line(l, number, "an empty cell", err);
  if (!rp_parse_real(cell[2], 0, 1e9, &timeout))
    return rp_fail(err, RP_E_INPUT,
                   "%s:%d: TIMEOUT: expected seconds, found '%.*s'", l->file,
                   number, rp_text_fit(cell[2], 40), cell[2]);
  line *const grown = rp_realloc(l->at, (size_t)l->n + 1, sizeof *grown);
  if (!grown) return rp_fail(err, RP_E_MEMORY, "%s: out of memory", l->file);
  l->at = grown;
  l->at[l->n++] = (line){.number = number,
                         .network = cell[0],
                         .vnnlib = cell[1],
                         .timeout = cell[2]};
  return RP_OK;
}

/* Lines behind a zero byte would be lost. */
static rp_status load_text(const char *file, rp_file_content *content,
                           rp_error *err) {
  RP_TRY(rp_file_load(file, MOST_BYTES, content, err));
  if (strlen((const char *)content->bytes) == content->size) return RP_OK;
  return rp_fail(err, RP_E_INPUT, "%s: expected text, found a zero byte", file);
}

static rp_status read_list(list *l, rp_error *err) {
  int number = 0;
  RP_TRY(load_text(l->file, &l->content, err));
  rp_sha256_bytes(l->content.bytes, l->content.size, l->sha256);
  char *rest = (char *)l->content.bytes;
  for (char *text; (text = strsep(&rest, "\n"));) {
    number++;
    text[strcspn(text, "\r")] = '\0';
    if (*text) RP_TRY(take_line(l, number, text, err));
  }
  if (l->n == 0)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected lines NETWORK,VNNLIB,TIMEOUT, found none",
                   l->file);
  return RP_OK;
}

/* ---- an instance, on any rank ---- */

/* A path of the list, from the list's own folder. */
static bool join(const list *l, const char *name, char path[MOST_PATH]) {
  const char *const slash = strrchr(l->file, '/');
  const int length = slash && *name != '/' ? (int)(slash - l->file) + 1 : 0;
  const int n = snprintf(path, MOST_PATH, "%.*s%s", length, l->file, name);
  return n >= 0 && n < MOST_PATH;
}

/* The name without folders and what follows the first point. */
static void copy_stem(const char *name, char *to, size_t size) {
  const char *const slash = strrchr(name, '/');
  rp_text_copy(to, size, slash ? slash + 1 : name);
  to[strcspn(to, ".")] = '\0';
}

/* The file of an instance's result. */
static void name_result(const list *l, const line *of, char path[MOST_PATH]) {
  char stem[2][128];
  copy_stem(of->network, stem[0], sizeof stem[0]);
  copy_stem(of->vnnlib, stem[1], sizeof stem[1]);
  snprintf(path, MOST_PATH, "%.3000s/%04d_%s_%s.txt", l->folder, of->number,
           stem[0], stem[1]);
}

static rp_status decide(const list *l, const line *of, const char **word,
                        rp_error *err) {
  char net[MOST_PATH], property[MOST_PATH], result[MOST_PATH];
  if (!join(l, of->network, net) || !join(l, of->vnnlib, property))
    return fail_line(l, of->number, "a long path", err);
  name_result(l, of, result);
  const cli_instance instance = {net,         property,   result,   of->timeout,
                                 &l->options, l->profile, l->values};
  return cli_decide_instance(l->args, &instance, word, err);
}

static void work(void *context, int64_t i, void *answer) {
  const list *const l = context;
  verdict v = {.is_there = true};
  const double began_s = rp_clock_wall_s();
  const char *word = "error";
  v.status = l->is_shared ? decide(l, &l->at[i], &word, &v.err)
                          : rp_fail(&v.err, RP_E_INPUT,
                                    "%s: expected the list that rank 0 read, "
                                    "found another one on rank %d",
                                    l->file, rp_cluster_rank());
  v.seconds = rp_clock_wall_s() - began_s;
  v.rank = rp_cluster_rank();
  snprintf(v.word, sizeof v.word, "%s", word);
  memcpy(answer, &v, sizeof v);
}

/* ---- results, on rank 0 ---- */

/* The beginning of an instance's line. */
static void put_names(FILE *out, const line *of) {
  char stem[128];
  copy_stem(of->network, stem, sizeof stem);
  rp_csv_text(out, stem);
  fputc(',', out);
  rp_csv_text(out, of->network);
  fputc(',', out);
  rp_csv_text(out, of->vnnlib);
  fputs(",0,", out);
}

static void put_line(FILE *out, const line *of) {
  put_names(out, of);
  fprintf(out, "%s,", of->found.word);
  rp_print_real(out, of->found.seconds, 6);
  fputc('\n', out);
}

/* results.csv as far as it is known, as the competition has it. */
static rp_status write_csv(const list *l, rp_error *err) {
  char name[MOST_PATH], *bytes = NULL;
  size_t size;
  snprintf(name, sizeof name, "%.4000s/results.csv", l->folder);
  FILE *const out = open_memstream(&bytes, &size);
  for (int64_t i = 0; out && i < l->n; i++)
    if (l->at[i].found.is_there) put_line(out, &l->at[i]);
  const rp_status st =
      out && fclose(out) == 0
          ? rp_file_replace(name, bytes, size, err)
          : rp_fail(err, RP_E_MEMORY, "%s: out of memory", name);
  free(bytes);
  return st;
}

static void fill_row(const line *of, rp_instance_row *row) {
  *row = (rp_instance_row){
      .line = of->number, .seconds = of->found.seconds, .rank = of->found.rank};
  rp_text_copy(row->network, sizeof row->network, of->network);
  rp_text_copy(row->vnnlib, sizeof row->vnnlib, of->vnnlib);
  rp_text_copy(row->result, sizeof row->result, of->found.word);
  (void)rp_parse_real(of->timeout, 0, 1e9, &row->timeout);
}

/* results.h5, the same for other programs. */
static rp_status write_table(const list *l, rp_error *err) {
  char name[MOST_PATH];
  int64_t n = 0;
  snprintf(name, sizeof name, "%.4000s/results.h5", l->folder);
  rp_instance_row *const row = rp_alloc((size_t)l->n, sizeof *row);
  if (!row) return rp_fail(err, RP_E_MEMORY, "%s: out of memory", name);
  for (int64_t i = 0; i < l->n; i++)
    if (l->at[i].found.is_there) fill_row(&l->at[i], &row[n++]);
  const rp_status st =
      rp_instances_write(name, l->file, l->sha256, row, n, err);
  free(row);
  return st;
}

static rp_status write_results(const list *l, rp_error *err) {
  RP_TRY(write_csv(l, err));
  return write_table(l, err);
}

static void take(void *context, int64_t i, const void *answer) {
  list *const l = context;
  line *const of = &l->at[i];
  verdict v;
  memcpy(&v, answer, sizeof v);
  if (v.status == RP_E_STOPPED) { /* by a signal to any rank */
    atomic_store(rp_stop_flag(), true);
    return;
  }
  of->found = v;
  of->is_done = true;
  of->found.word[sizeof of->found.word - 1] = '\0';
  of->found.err.text[sizeof of->found.err.text - 1] = '\0';
  if (of->found.status != RP_OK)
    (void)cli_fail(of->found.status, &of->found.err); /* goes on with others */
  if (!l->args->text[CLI_quiet])
    printf("%s %s %s\n", of->found.word, rp_printable(of->network).text,
           rp_printable(of->vnnlib).text);
  fflush(stdout);
  rp_error why = of->found.err;
  rp_status st = of->found.status == RP_E_IO ? RP_E_IO : RP_OK;
  if (st == RP_OK) st = write_results(l, &why);
  if (l->written != RP_OK || st == RP_OK) return;
  l->written = st;
  l->err = why;
}

/* ---- what an earlier run left, on rank 0 ---- */

/* The first word of a result: is it this one? */
static bool has_word(const char *file, const char *word) {
  char text[16] = "";
  FILE *const in = fopen(file, "re");
  const bool is_read = in && fgets(text, sizeof text, in);
  if (in) fclose(in);
  text[strcspn(text, "\n")] = '\0';
  return is_read && !strcmp(text, word);
}

/* Does a line of results.csv belong to this instance? It is kept if its result
 * is there, until the instance is asked again if that is open. */
static bool take_row(const list *l, line *of, const char *row) {
  char *names = NULL, result[MOST_PATH];
  size_t size = 0;
  FILE *const out = open_memstream(&names, &size);
  if (out) put_names(out, of);
  const bool is_own = out && fclose(out) == 0 && !strncmp(row, names, size);
  free(names);
  if (!is_own) return false;
  verdict v = {.is_there = true};
  name_result(l, of, result);
  if (sscanf(row + size, "%15[a-z],%lf", v.word, &v.seconds) == 2 &&
      has_word(result, v.word)) {
    of->found = v;
    of->is_done = cli_is_decided(v.word);
  }
  return true;
}

static rp_status take_rows(list *l, const char *name, char *text,
                           rp_error *err) {
  int64_t at = 0;
  for (char *row; (row = strsep(&text, "\n"));) {
    if (!*row) continue;
    while (at < l->n && !take_row(l, &l->at[at], row)) at++;
    if (at++ < l->n) continue;
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected results of %s, found those of another list: "
                   "name a new folder",
                   name, l->file);
  }
  return RP_OK;
}

/* Results of this list stay; those that are open are asked again. */
static rp_status read_results(list *l, rp_error *err) {
  char name[MOST_PATH];
  rp_file_content content = {.bytes = NULL};
  snprintf(name, sizeof name, "%.4000s/results.csv", l->folder);
  if (access(name, F_OK) != 0)
    return rp_fail(err, RP_E_USAGE,
                   "%s: expected the name of a new folder, or of one with "
                   "results of this list, found: %s",
                   l->folder, strerror(EEXIST));
  rp_status st = load_text(name, &content, err);
  if (st == RP_OK) st = take_rows(l, name, (char *)content.bytes, err);
  rp_file_content_fini(&content);
  return st;
}

/* ---- the list ---- */

static rp_status prepare(list *l, rp_error *err) {
  RP_TRY(read_list(l, err));
  if (rp_cluster_rank() != 0 || mkdir(l->folder, 0777) == 0) return RP_OK;
  if (errno == EEXIST) return read_results(l, err);
  return rp_fail(err, RP_E_USAGE,
                 "%s: expected the name of a new folder, found: %s", l->folder,
                 strerror(errno));
}

static int64_t count_unasked(const list *l) {
  int64_t n = 0;
  for (int64_t i = 0; i < l->n; i++) n += !l->at[i].is_done;
  return n;
}

static void say_stopped(const list *l) {
  fprintf(stderr,
          "rampart: stopped by a signal with %lld of %lld instances not asked: "
          "exit status %d, which the launcher may report as an abort; this is "
          "no crash\n",
          (long long)count_unasked(l), (long long)l->n, CLI_INTERRUPTED);
}

static int get_status(const list *l) {
  if (l->written != RP_OK) return cli_fail(l->written, &l->err);
  if (count_unasked(l) > 0) return CLI_INTERRUPTED;
  for (int64_t i = 0; i < l->n; i++)
    if (!cli_is_decided(l->at[i].found.word)) return CLI_UNDECIDED;
  return CLI_OK;
}

static bool is_done(const void *context, int64_t i) {
  const list *const l = context;
  return l->at[i].is_done;
}

/* Do all ranks mean the same by the number of a line? */
static void compare_lists(list *l) {
  char sha256[sizeof l->sha256];
  memcpy(sha256, l->sha256, sizeof sha256);
  rp_cluster_tell(sha256, sizeof sha256);
  l->is_shared = *sha256 && !memcmp(sha256, l->sha256, sizeof sha256);
}

static int deal_list(list *l) {
  rp_error err = {""};
  const rp_status st = prepare(l, &err);
  compare_lists(l);
  const rp_deal deal = {.n = st == RP_OK ? l->n : -1,
                        .answer_size = sizeof(verdict),
                        .is_done = is_done,
                        .work = work,
                        .take = take,
                        .context = l};
  const int32_t threads = rp_cluster_threads();
  if (l->options.threads == 0) l->options.threads = threads;
  rp_cluster_deal(&deal);
  if (rp_cluster_rank() != 0) return CLI_OK;
  if (st != RP_OK) return cli_fail(st, &err);
  const int status = get_status(l);
  if (status == CLI_INTERRUPTED && !l->args->text[CLI_quiet]) say_stopped(l);
  return status;
}

int cli_share_list(const cli_args *args, const cli_list *of) {
  list l = {.args = args,
            .file = of->file,
            .folder = of->folder,
            .profile = *of->profile ? of->profile : NULL,
            .values = *of->values ? of->values : NULL,
            .options = of->options};
  const int status = deal_list(&l);
  free(l.at);
  rp_file_content_fini(&l.content);
  return status;
}

int cli_decide_instances(const cli_args *args) {
  cli_list of = {.is_given = true};
  rp_error err = {""};
  rp_status st = RP_OK;
  rp_options_default(&of.options);
  cli_set_options(args, &of.options);
  if (args->n_operands != 2)
    st = rp_fail(&err, RP_E_USAGE,
                 "expected NETWORK VNNLIB RESULT TIMEOUT, or INSTANCES FOLDER, "
                 "found %d operands",
                 args->n_operands);
  if (st == RP_OK)
    st = cli_set_list(args->operand[0], args->operand[1], &of, &err);
  rp_stop_install_handlers();
  if (st == RP_OK) st = rp_cluster_init(NULL, NULL, &err);
  if (st != RP_OK) return args->rank == 0 ? cli_fail(st, &err) : CLI_FAILED;
  const int status = cli_share_list(args, &of);
  rp_cluster_fini(status);
  return status;
}

rp_status cli_set_list(const char *file, const char *folder, cli_list *of,
                       rp_error *err) {
  if (strlen(file) >= sizeof of->file || strlen(folder) >= sizeof of->folder)
    return rp_fail(err, RP_E_USAGE, "%.*s...: name too long",
                   rp_text_fit(file, 200), file);
  rp_text_copy(of->file, sizeof of->file, file);
  rp_text_copy(of->folder, sizeof of->folder, folder);
  of->is_given = true;
  return RP_OK;
}
