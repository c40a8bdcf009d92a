// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// LittleFS without a GIL: its own lock hooks serialise each call. extmod/vfs_lfsx.c zeroes them, so they are filled in
// where a file system is mounted or made (linker option --wrap, see heddle.mk).
#include "py/mpconfig.h"

#include "core.h"
#include "lib/littlefs/lfs2.h"

#include "heddle.h"

static core_mutex_t fs_mutex;

void heddle_fs_lock(void) {
    core_mutex_lock(&fs_mutex);
}

void heddle_fs_unlock(void) {
    core_mutex_unlock(&fs_mutex);
}

static int lock(const struct lfs2_config *config) {
    (void)config;
    heddle_fs_lock();
    return 0;
}

static int unlock(const struct lfs2_config *config) {
    (void)config;
    heddle_fs_unlock();
    return 0;
}

static void set_hooks(const struct lfs2_config *config) {
    ((struct lfs2_config *)config)->lock = lock;
    ((struct lfs2_config *)config)->unlock = unlock;
}

int __real_lfs2_mount(lfs2_t *lfs, const struct lfs2_config *config);
int __real_lfs2_format(lfs2_t *lfs, const struct lfs2_config *config);
int __wrap_lfs2_mount(lfs2_t *lfs, const struct lfs2_config *config);
int __wrap_lfs2_format(lfs2_t *lfs, const struct lfs2_config *config);

int __wrap_lfs2_mount(lfs2_t *lfs, const struct lfs2_config *config) {
    set_hooks(config);
    return __real_lfs2_mount(lfs, config);
}

int __wrap_lfs2_format(lfs2_t *lfs, const struct lfs2_config *config) {
    set_hooks(config);
    return __real_lfs2_format(lfs, config);
}
