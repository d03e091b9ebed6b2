/* Checks, before hours of work depend on it, that an output can be written. No
 * existing file is lost: results are replaced only by results that include
 * them, other files only if the user says so, and always by a rename. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

#include "core/text.h"

/* Create a missing folder, but not its parents: a mistyped path should still
 * be an error. */
static rp_status make_missing_folder(const char *folder, struct stat *about) {
  if (stat(folder, about) == 0) return RP_OK;
  if (errno != ENOENT || mkdir(folder, 0777) != 0) return RP_E_IO;
  return stat(folder, about) == 0 ? RP_OK : RP_E_IO;
}

/* Root may write everywhere, except where nobody can make files, as in /proc.
 */
static bool can_make_files(const char *folder) {
  char file[PATH_MAX + 32];
  if (access(folder, W_OK | X_OK) != 0) return false;
  snprintf(file, sizeof file, "%s/.rampart-XXXXXX", folder);
  const int fd = mkstemp(file);
  if (fd < 0) return false;
  (void)close(fd);
  (void)unlink(file);
  return true;
}

static rp_status check_folder(const char *file, rp_error *err) {
  char folder[PATH_MAX];
  const char *const slash = strrchr(file, '/');
  const int length = !slash ? 1 : slash == file ? 1 : (int)(slash - file);
  if (!*file || (slash && !slash[1]))
    return rp_fail(err, RP_E_INPUT, "output '%s': expected the name of a file",
                   file);
  if (length >= PATH_MAX)
    return rp_fail(err, RP_E_INPUT, "%.*s...: name too long",
                   rp_text_fit(file, 200), file);
  snprintf(folder, sizeof folder, "%.*s", length, slash ? file : ".");
  struct stat about;
  if (make_missing_folder(folder, &about) != RP_OK)
    return rp_fail(err, RP_E_INPUT, "%s: cannot write: folder %s: %s", file,
                   folder, strerror(errno));
  if (!S_ISDIR(about.st_mode))
    return rp_fail(err, RP_E_INPUT, "%s: cannot write: %s is not a folder",
                   file, folder);
  if (!can_make_files(folder))
    return rp_fail(err, RP_E_INPUT, "%s: cannot write in folder %s: %s", file,
                   folder, strerror(errno));
  return RP_OK;
}

/* lstat does not follow a symbolic link: a rename would replace the link. */
static rp_status check_kind(const char *file, bool *exists, rp_error *err) {
  struct stat about;
  RP_TRY(check_folder(file, err));
  *exists = lstat(file, &about) == 0;
  if (*exists && !S_ISREG(about.st_mode))
    return rp_fail(err, RP_E_INPUT,
                   "%s: exists and is not a regular file; it is not replaced",
                   file);
  return RP_OK;
}

/* Returns RP_OK for a results file and RP_E_INPUT for a file that this version
 * cannot read as one. Any other status, as after a signal, says nothing about
 * the file. */
static rp_status try_results(const char *file, rp_error *err) {
  rp_results *results = NULL;
  const rp_status st = rp_results_read(file, &results, err);
  rp_results_free(results);
  return st;
}

rp_status cli_check_results_file(const char *file, rp_error *err) {
  bool exists;
  rp_error why = {""};
  RP_TRY(check_kind(file, &exists, err));
  const rp_status st = exists ? try_results(file, &why) : RP_OK;
  if (st == RP_E_INPUT)
    return rp_fail(err, st,
                   "%.*s; it exists and is not replaced: name another output",
                   rp_text_fit(why.text, 350), why.text);
  return st == RP_OK ? RP_OK : rp_fail(err, st, "%s", why.text);
}

rp_status cli_check_new_file(const char *file, bool force, rp_error *err) {
  bool exists;
  RP_TRY(check_kind(file, &exists, err));
  if (!exists) return RP_OK;
  const rp_status st = try_results(file, err);
  if (st != RP_OK && st != RP_E_INPUT) return st;
  if (st == RP_OK)
    return rp_fail(err, RP_E_INPUT,
                   "%s: exists and holds results; it is not replaced: name "
                   "another",
                   file);
  if (!force)
    return rp_fail(err, RP_E_INPUT, "%s: exists; --force replaces it", file);
  return RP_OK;
}
