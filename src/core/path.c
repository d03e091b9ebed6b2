/* Expanding names as a shell does. Names in job files do not pass through a
 * shell, and bash leaves `--output=~/x.h5` as it is. */
#include "core/path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/text.h"

/* The folder, the name and one character between them; either may be "". */
static rp_status join(const char *folder, const char *name, char **path,
                      rp_error *err) {
  const size_t length = strlen(folder), size = strlen(name) + 1;
  char *const joined = rp_alloc(length + size, 1);
  if (!joined) return rp_fail(err, RP_E_MEMORY, "%s: out of memory", name);
  memcpy(joined, folder, length);
  memcpy(joined + length, name, size);
  *path = joined;
  return RP_OK;
}

rp_status rp_path_take(const char *text, const char *what, char **path,
                       rp_error *err) {
  const bool is_null = !strcasecmp(text, "null") || !strcmp(text, "~");
  if (is_null || (*text == '~' && text[1] != '/'))
    return rp_fail(err, RP_E_USAGE,
                   "%s: expected the name of a file, found '%.*s'; a file of "
                   "that name is ./%.*s",
                   what, rp_text_fit(text, 80), text, rp_text_fit(text, 80),
                   text);
  if (*text != '~') return join("", text, path, err);
  const char *const home = getenv("HOME");
  if (!home || *home != '/')
    return rp_fail(err, RP_E_USAGE,
                   "%s: '%.*s' needs the environment variable HOME: expected "
                   "a folder from / on, found %s",
                   what, rp_text_fit(text, 80), text,
                   home ? "something else" : "none");
  return join(home, text + 1, path, err);
}

rp_status rp_path_make_absolute(const char *name, char **path, rp_error *err) {
  if (*name == '/') return join("", name, path, err);
  char *const folder = getcwd(NULL, 0), *with_slash = NULL;
  if (!folder)
    return rp_fail(err, errno == ENOMEM ? RP_E_MEMORY : RP_E_INPUT,
                   "the current folder: %s", strerror(errno));
  rp_status st = join(folder, strcmp(folder, "/") ? "/" : "", &with_slash, err);
  if (st == RP_OK) st = join(with_slash, name, path, err);
  free(with_slash);
  free(folder);
  return st;
}
