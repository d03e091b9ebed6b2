/* Gives every file a second name, by a hard link, before it removes any first
 * name. On a file system without hard links the files are renamed one by one,
 * the results last, because readers look for these. */
#include "store/set_aside.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/text.h"

static const char *const suffixes[] = {".journal", ".proofs.part", ".proofs",
                                       ""};
enum { N_FILES = sizeof suffixes / sizeof *suffixes, MOST = 1000000 };

static bool exists(const char *file) {
  struct stat about;
  return lstat(file, &about) == 0;
}

static bool add_suffix(const char *name, int i, char file[PATH_MAX]) {
  return snprintf(file, PATH_MAX, "%s%s", name, suffixes[i]) < PATH_MAX;
}

static bool any_exists(const char *name) {
  char file[PATH_MAX];
  for (int i = 0; i < N_FILES; i++)
    if (add_suffix(name, i, file) && exists(file)) return true;
  return false;
}

static rp_status find_name(const char *results, char kept[PATH_MAX],
                           rp_error *err) {
  const size_t length = strlen(results);
  const size_t stem =
      length > 3 && !strcmp(results + length - 3, ".h5") ? length - 3 : length;
  for (int n = 1; n < MOST; n++) {
    const int size = snprintf(kept, PATH_MAX, "%.*s.old-%d%s", (int)stem,
                              results, n, results + stem);
    if (size + (int)sizeof ".proofs.part" > PATH_MAX) break;
    if (!any_exists(kept)) return RP_OK;
  }
  return rp_fail(err, RP_E_IO, "%.*s: no other name to keep it under",
                 rp_text_fit(results, 300), results);
}

/* Returns true if the file was linked or is absent; else errno says why. */
static bool link_one(const char *results, const char *kept, int i) {
  char from[PATH_MAX], to[PATH_MAX];
  if (!add_suffix(results, i, from) || !exists(from)) return true;
  return add_suffix(kept, i, to) && link(from, to) == 0;
}

static void unlink_all(const char *name) {
  char file[PATH_MAX];
  for (int i = 0; i < N_FILES; i++)
    if (add_suffix(name, i, file)) (void)unlink(file);
}

static bool rename_all(const char *results, const char *kept) {
  char from[PATH_MAX], to[PATH_MAX];
  for (int i = 0; i < N_FILES; i++)
    if (add_suffix(results, i, from) && add_suffix(kept, i, to) &&
        exists(from) && rename(from, to) != 0)
      return false;
  return true;
}

rp_status rp_set_aside(const char *results, char kept[PATH_MAX],
                       rp_error *err) {
  kept[0] = '\0';
  if (!any_exists(results)) return RP_OK;
  RP_TRY(find_name(results, kept, err));
  for (int i = 0; i < N_FILES; i++) {
    if (link_one(results, kept, i)) continue;
    unlink_all(kept); /* the files keep their first names */
    if (rename_all(results, kept)) return RP_OK;
    return rp_fail(err, RP_E_IO, "%.*s: cannot be renamed to %.*s: %s",
                   rp_text_fit(results, 200), results, rp_text_fit(kept, 200),
                   kept, strerror(errno));
  }
  unlink_all(results);
  return RP_OK;
}
