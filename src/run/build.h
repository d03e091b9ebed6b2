/* The build that a process runs. */
#ifndef RAMPART_RUN_BUILD_H
#define RAMPART_RUN_BUILD_H

enum { RP_BUILD_SIZE = 96 };

/** Write the version and the build-id, such as "0.2.0 3f5c...". Equal texts
 *  come from equal programs. Without a build-id (an unusual linker) the text is
 *  the version alone. All bytes after the text are zero. */
void rp_build_name(char text[RP_BUILD_SIZE]);

#endif
