/* Reads names of classes. */
#include "input/class_names.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "files/fileutil.h"

enum { MOST_BYTES = 1 << 20, MOST_NAME = 80 };

typedef struct names {
  char *text;        /* lines, each ended by a zero byte */
  const char **name; /* [n] */
  int32_t n;
} names;

static void free_names(names *all) {
  free(all->text);
  free((void *)all->name);
}

static rp_status check_line(const char *file, int32_t line, const char *name,
                            rp_error *err) {
  const rp_printable_text printable = rp_printable(name);
  const size_t length = strlen(name);
  if (length > 0 && length <= MOST_NAME && !strcmp(printable.text, name))
    return RP_OK;
  return rp_fail(
      err, RP_E_INPUT,
      "%s:%d: expected the name of a class, 1 to %d printable bytes, "
      "found '%.*s'",
      file, line, MOST_NAME, rp_text_fit(printable.text, 100), printable.text);
}

/* The text has room for a zero byte at its end, which the last line may lack.
 */
static rp_status split_lines(const char *file, size_t size, names *all,
                             rp_error *err) {
  size_t begin = 0;
  for (size_t i = 0; i < size; i++) {
    if (all->text[i] != '\n' && i + 1 < size) continue;
    size_t end = all->text[i] == '\n' ? i : i + 1;
    if (end > begin && all->text[end - 1] == '\r') end--;
    all->text[end] = '\0';
    all->name[all->n++] = all->text + begin;
    RP_TRY(check_line(file, all->n, all->text + begin, err));
    begin = i + 1;
  }
  return RP_OK;
}

static rp_status read_lines(const rp_file_content *content, names *all,
                            rp_error *err) {
  all->text = rp_alloc(content->size + 1, 1);
  all->name = rp_alloc(content->size + 1, sizeof *all->name);
  if (!all->text || !all->name)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory", content->file);
  if (content->size == 0 || !rp_file_is_text(content))
    return rp_fail(err, RP_E_INPUT, "%s: expected a text, found %s",
                   content->file, rp_file_describe(content));
  memcpy(all->text, content->bytes, content->size);
  return split_lines(content->file, content->size, all, err);
}

static rp_status set_names(const char *file, const char *const *name, int32_t n,
                           rp_net *net, rp_error *err) {
  rp_error why = {""};
  const rp_status status = rp_net_set_class_names(net, name, n, &why);
  return status == RP_OK ? RP_OK
                         : rp_fail(err, status, "%s: %s", file, why.text);
}

static rp_status read_file(const char *file, rp_net *net, rp_error *err) {
  rp_file_content content;
  names all = {.n = 0};
  RP_TRY(rp_file_load(file, MOST_BYTES, &content, err));
  rp_status status = read_lines(&content, &all, err);
  if (status == RP_OK) status = set_names(file, all.name, all.n, net, err);
  free_names(&all);
  rp_file_content_fini(&content);
  return status;
}

rp_status rp_class_names_choose(const char *file, const rp_dataset *data,
                                rp_net *net, rp_error *err) {
  if (file) return read_file(file, net, err);
  if (data->n_class_names == 0) return RP_OK;
  return set_names(data->name, (const char *const *)data->class_name,
                   data->n_class_names, net, err);
}

void rp_class_names_join(const rp_net *net, char *text, size_t size) {
  size_t used = 0;
  *text = '\0';
  for (int32_t i = 0; net->class_name && i < net->n_out; i++) {
    const size_t length = strlen(net->class_name[i]);
    if (length + 2 > size - used) {
      *text = '\0';
      return;
    }
    if (i > 0) text[used++] = ',';
    for (size_t k = 0; k < length; k++) {
      const char c = net->class_name[i][k];
      text[used++] = (char)(c == ',' ? ';' : c);
    }
    text[used] = '\0';
  }
}
