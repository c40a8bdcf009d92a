// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Where C goes deeper than MICROPY_STACK_CHECK_MARGIN, it is looked at first whether the stack is there (linker option
// --wrap, see heddle.mk): in LittleFS, and in imports (vm/import.c), which upstream enters without a look. Python's
// depth need not pay for them that way.
#include "py/cstack.h"
#include "py/runtime.h"

#include "heddle.h"

// A finaliser that closes a file must not leave it open.
void heddle_check_deep_stack(void) {
    size_t size = MP_STATE_THREAD(stack_limit) + MICROPY_STACK_CHECK_MARGIN;
    if (!core_collects() && mp_cstack_usage() + HEDDLE_DEEP_STACK > size) {
        mp_raise_recursion_depth();
    }
}

#if MICROPY_VFS_LFS2
#include "lib/littlefs/lfs2.h"

#define WRAP(type, name, params, args) \
    type __real_##name params; \
    type __wrap_##name params; \
    type __wrap_##name params { \
        heddle_check_deep_stack(); \
        return __real_##name args; \
    }

WRAP(int, lfs2_file_opencfg,
    (lfs2_t *lfs, lfs2_file_t *file, const char *path, int flags, const struct lfs2_file_config *config),
    (lfs, file, path, flags, config))
WRAP(int, lfs2_file_close, (lfs2_t *lfs, lfs2_file_t *file), (lfs, file))
WRAP(int, lfs2_file_sync, (lfs2_t *lfs, lfs2_file_t *file), (lfs, file))
WRAP(lfs2_ssize_t, lfs2_file_write, (lfs2_t *lfs, lfs2_file_t *file, const void *buf, lfs2_size_t len),
    (lfs, file, buf, len))
WRAP(int, lfs2_stat, (lfs2_t *lfs, const char *path, struct lfs2_info *info), (lfs, path, info))
WRAP(int, lfs2_mkdir, (lfs2_t *lfs, const char *path), (lfs, path))
WRAP(int, lfs2_remove, (lfs2_t *lfs, const char *path), (lfs, path))
WRAP(int, lfs2_rename, (lfs2_t *lfs, const char *from, const char *to), (lfs, from, to))
#endif
