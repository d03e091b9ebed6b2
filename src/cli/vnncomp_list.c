/* Lists of VNN-COMP's instances: instances.csv in, a folder of results out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/vnncomp.h"
#include "core/clock.h"
#include "core/csv.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "files/file.h"
#include "files/fileutil.h"

enum { MOST_BYTES = 1 << 24, MOST_PATH = 4096 };

typedef struct list {
  const cli_args *args;
  const char *file, *folder; /* of the instances, of the results */
  int line;
  bool is_all_decided;
  char *results; /* results.csv so far */
  size_t size;
  FILE *stream; /* over results */
} list;

static rp_status fail_line(const list *l, const char *found, rp_error *err) {
  return rp_fail(err, RP_E_INPUT,
                 "%s:%d: expected NETWORK,VNNLIB,TIMEOUT, found '%.*s'",
                 l->file, l->line, rp_text_fit(found, 80), found);
}

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

/* results.csv as far as it is known, as the competition has it. */
static rp_status write_results(list *l, rp_error *err) {
  char name[MOST_PATH];
  snprintf(name, sizeof name, "%.4000s/results.csv", l->folder);
  if (fflush(l->stream) != 0)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory", name);
  return rp_file_replace(name, l->results, l->size, err);
}

static rp_status decide(list *l, const char *network, const char *vnnlib,
                        const char *timeout, rp_error *err) {
  char net[MOST_PATH], property[MOST_PATH], result[MOST_PATH], stem[2][128];
  const double began_s = rp_clock_wall_s();
  const char *word;
  if (!join(l, network, net) || !join(l, vnnlib, property))
    return fail_line(l, "a long path", err);
  copy_stem(network, stem[0], sizeof stem[0]);
  copy_stem(vnnlib, stem[1], sizeof stem[1]);
  snprintf(result, sizeof result, "%.3000s/%04d_%s_%s.txt", l->folder, l->line,
           stem[0], stem[1]);
  const cli_instance of = {net, property, result, timeout};
  const rp_status st = cli_decide_instance(l->args, &of, &word, err);
  if (st == RP_E_IO) return st;
  if (st != RP_OK) (void)cli_fail(st, err); /* and goes on with the next */
  l->is_all_decided = l->is_all_decided && cli_is_decided(word);
  rp_csv_text(l->stream, stem[0]);
  fputc(',', l->stream);
  rp_csv_text(l->stream, network);
  fputc(',', l->stream);
  rp_csv_text(l->stream, vnnlib);
  fprintf(l->stream, ",0,%s,", word);
  rp_print_real(l->stream, rp_clock_wall_s() - began_s, 6);
  fputc('\n', l->stream);
  if (!l->args->text[CLI_quiet])
    printf("%s %s %s\n", word, rp_printable(network).text,
           rp_printable(vnnlib).text);
  return write_results(l, err);
}

/* A line of three cells without quotes; it is taken apart in place. */
static rp_status take_line(list *l, char *line, rp_error *err) {
  char *cell[3] = {line, NULL, NULL};
  for (int i = 1; i < 3; i++) {
    char *const comma = strchr(cell[i - 1], ',');
    if (!comma || strchr(line, '"')) return fail_line(l, line, err);
    *comma = '\0';
    cell[i] = comma + 1;
  }
  for (int i = 0; i < 3; i++) cell[i] += strspn(cell[i], " \t");
  if (!*cell[0] || !*cell[1] || !*cell[2] || strchr(cell[2], ','))
    return fail_line(l, line, err);
  return decide(l, cell[0], cell[1], cell[2], err);
}

static rp_status take_lines(list *l, char *text, rp_error *err) {
  char *rest = text;
  for (char *line; (line = strsep(&rest, "\n"));) {
    l->line++;
    line[strcspn(line, "\r")] = '\0';
    if (*line) RP_TRY(take_line(l, line, err));
  }
  return RP_OK;
}

static rp_status decide_list(list *l, rp_error *err) {
  rp_file_content content;
  RP_TRY(rp_file_load(l->file, MOST_BYTES, &content, err));
  rp_status st = RP_OK;
  if (mkdir(l->folder, 0777) != 0)
    st = rp_fail(err, RP_E_USAGE,
                 "%s: expected the name of a new folder, found: %s", l->folder,
                 strerror(errno));
  l->stream = st == RP_OK ? open_memstream(&l->results, &l->size) : NULL;
  if (st == RP_OK && !l->stream)
    st = rp_fail(err, RP_E_MEMORY, "%s: out of memory", l->folder);
  if (st == RP_OK) st = take_lines(l, (char *)content.bytes, err);
  if (l->stream) fclose(l->stream);
  free(l->results);
  rp_file_content_fini(&content);
  return st;
}

int cli_decide_instances(const cli_args *args) {
  list l = {.args = args,
            .file = args->operand[0],
            .folder = args->operand[1],
            .is_all_decided = true};
  rp_error err = {""};
  const rp_status st =
      args->n_operands == 2
          ? decide_list(&l, &err)
          : rp_fail(&err, RP_E_USAGE,
                    "expected NETWORK VNNLIB RESULT TIMEOUT, or INSTANCES "
                    "FOLDER, found %d operands",
                    args->n_operands);
  if (st != RP_OK) return cli_fail(st, &err);
  return l.is_all_decided ? CLI_OK : CLI_UNDECIDED;
}
