/* Which build of the program this process runs: its version, and the build-id
 * that the linker computes from all of its code. Ranks of different builds may
 * pack messages in different ways or, worse, decide by different rules. */
#include "run/build.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Notes are a header, a name and a content, the latter two rounded up to four
 * bytes each. */
static size_t pad_to_lanes(size_t size) {
  return (size + 3) & ~(size_t)3;
}

static const uint8_t *find_build_id(const uint8_t *notes, size_t size,
                                    size_t *length) {
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head;
    memcpy(&head, notes, sizeof head);
    const size_t name_at = sizeof head;
    const size_t id_at = name_at + pad_to_lanes(head.n_namesz);
    const size_t end = id_at + pad_to_lanes(head.n_descsz);
    if (end > size) break;
    if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == sizeof "GNU" &&
        !memcmp(notes + name_at, "GNU", sizeof "GNU")) {
      *length = head.n_descsz;
      return notes + id_at;
    }
    notes += end;
    size -= end;
  }
  return NULL;
}

/* Called by dl_iterate_phdr; the first object is the program itself. */
static int append_build_id(struct dl_phdr_info *info, size_t size, void *to) {
  char *const text = to; /* [RP_BUILD_SIZE] */
  (void)size;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *const part = &info->dlpi_phdr[i];
    if (part->p_type != PT_NOTE) continue;
    size_t length = 0;
    const ElfW(Addr) at = info->dlpi_addr + part->p_vaddr;
    const uint8_t *const id =
        find_build_id((const uint8_t *)at, part->p_memsz, &length);
    for (size_t k = 0; id && k < length; k++) {
      const size_t used = strlen(text);
      if (used + 3 <= RP_BUILD_SIZE)
        snprintf(text + used, 3, "%02x", (unsigned)id[k]);
    }
    if (id) break;
  }
  return 1;
}

void rp_build_name(char text[RP_BUILD_SIZE]) {
  memset(text, 0, RP_BUILD_SIZE);
  snprintf(text, RP_BUILD_SIZE, "%s ", RAMPART_VERSION);
  (void)dl_iterate_phdr(append_build_id, text);
}
