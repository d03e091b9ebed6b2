/* Replacing a file: the temporary name holds host and process, so that two
 * jobs which write the same output never share a half-written neighbour, and
 * a neighbour left by a killed process is overwritten by its next run at most.
 * Only regular files are replaced: a rename onto /dev/null would delete it. */
#include "fileutil.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rampart/text.h"

rp_status rp_file_check(const char *file, rp_error *err) {
  struct stat info;
  if (stat(file, &info) != 0)
    return rp_fail(err, RP_E_INPUT, "%s: cannot open: %s", file,
                   strerror(errno));
  if (!S_ISREG(info.st_mode))
    return rp_fail(err, RP_E_INPUT, "%s: expected a file, found %s", file,
                   S_ISDIR(info.st_mode) ? "a directory" : "a special file");
  if (access(file, R_OK) != 0)
    return rp_fail(err, RP_E_INPUT, "%s: cannot open: %s", file,
                   strerror(errno));
  return RP_OK;
}

static rp_status io_failure(rp_error *err, const char *file, const char *what) {
  return rp_fail(err, RP_E_IO, "%s: cannot %s: %s", file, what,
                 strerror(errno));
}

static rp_status target_checked(const char *file, rp_error *err) {
  struct stat info;
  if (stat(file, &info) == 0 && !S_ISREG(info.st_mode))
    return rp_fail(err, RP_E_IO, "%s: cannot write: not a regular file", file);
  return RP_OK;
}

static rp_status neighbour_named(const char *file, char path[PATH_MAX],
                                 rp_error *err) {
  char host[64] = "host";
  (void)gethostname(host, sizeof host - 1);
  const int length =
      snprintf(path, PATH_MAX, "%s.%s.%ld.tmp", file, host, (long)getpid());
  if (length < 0 || length >= PATH_MAX)
    return rp_fail(err, RP_E_IO, "%.*s...: cannot write: name too long",
                   rp_text_fit(file, 200), file);
  return RP_OK;
}

static bool all_written(int fd, const char *bytes, size_t size) {
  while (size > 0) {
    const ssize_t n = write(fd, bytes, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes += n;
    size -= (size_t)n;
  }
  return true;
}

/* What fails is told of the file that was wanted. */
static rp_status neighbour_written(const char *path, const char *file,
                                   const void *bytes, size_t size, bool synced,
                                   rp_error *err) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return io_failure(err, file, "create");
  rp_status status = RP_OK;
  if (!all_written(fd, bytes, size) || (synced && fsync(fd) != 0))
    status = io_failure(err, file, "write");
  if (close(fd) != 0 && status == RP_OK)
    status = io_failure(err, file, "write");
  return status;
}

/* Some file systems cannot sync a folder; the rename is then as durable as
 * they make it, which is no reason to fail. */
static void folder_of_synced(const char *file) {
  char folder[PATH_MAX];
  const char *slash = strrchr(file, '/');
  const int length = slash ? (int)(slash - file) : 0;
  snprintf(folder, sizeof folder, "%.*s", length, file);
  const char *name = length ? folder : slash ? "/" : ".";
  const int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)fsync(fd);
  close(fd);
}

static rp_status replaced(const char *file, const void *bytes, size_t size,
                          bool synced, const rp_file_step *before,
                          rp_error *err) {
  char path[PATH_MAX];
  RP_TRY(target_checked(file, err));
  RP_TRY(neighbour_named(file, path, err));
  rp_status status = neighbour_written(path, file, bytes, size, synced, err);
  if (status == RP_OK && before) status = before->take(before->context, err);
  if (status == RP_OK && rename(path, file) != 0)
    status = io_failure(err, file, "rename to");
  if (status != RP_OK) (void)unlink(path);
  return status;
}

rp_status rp_file_replace_after(const char *file, const void *bytes,
                                size_t size, const rp_file_step *before,
                                rp_error *err) {
  RP_TRY(replaced(file, bytes, size, true, before, err));
  folder_of_synced(file);
  return RP_OK;
}

rp_status rp_file_replace(const char *file, const void *bytes, size_t size,
                          rp_error *err) {
  return rp_file_replace_after(file, bytes, size, NULL, err);
}

rp_status rp_file_swap(const char *file, const void *bytes, size_t size,
                       rp_error *err) {
  return replaced(file, bytes, size, false, NULL, err);
}
