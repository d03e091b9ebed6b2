/* The build that a process runs. */
#ifndef RAMPART_RUN_BUILD_H
#define RAMPART_RUN_BUILD_H

enum { RP_BUILD_SIZE = 96 };

/** Version and build-id, such as "0.2.0 3f5c..."; equal texts come from equal
 *  programs. Without a build-id (an unusual linker) only the version is told.
 *  All bytes after the text are zero. */
void rp_build_name(char text[RP_BUILD_SIZE]);

#endif
