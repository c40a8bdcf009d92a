// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// LittleFS without a GIL: its own lock hooks serialise each call. extmod/vfs_lfsx.c zeroes them, so they are filled in
// where a file system is mounted or made (linker option --wrap, see heddle.mk). An exception of a block device written
// in Python leaves LittleFS without its unlock, which is made up for there.
#include "py/runtime.h"

#include "core.h"
#include "extmod/vfs.h"
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
    if (!core_mutex_try(&fs_mutex)) {
        if (rtos_in_isr() || rtos_masked()) {
            return LFS2_ERR_IO; // nobody may wait here
        }
        heddle_fs_lock();
    }
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

// ---- block devices

static NORETURN void unlock_and_raise(void *exception) {
    if (core_mutex_held(&fs_mutex)) {
        core_mutex_unlock(&fs_mutex);
    }
    nlr_jump(exception);
}

typedef mp_vfs_blockdev_t blockdev_t;
int __real_mp_vfs_blockdev_read_ext(blockdev_t *self, size_t block, size_t offset, size_t len, uint8_t *buf);
int __real_mp_vfs_blockdev_write_ext(blockdev_t *self, size_t block, size_t offset, size_t len, const uint8_t *buf);
mp_obj_t __real_mp_vfs_blockdev_ioctl(blockdev_t *self, uintptr_t cmd, uintptr_t arg);
int __wrap_mp_vfs_blockdev_read_ext(blockdev_t *self, size_t block, size_t offset, size_t len, uint8_t *buf);
int __wrap_mp_vfs_blockdev_write_ext(blockdev_t *self, size_t block, size_t offset, size_t len, const uint8_t *buf);
mp_obj_t __wrap_mp_vfs_blockdev_ioctl(blockdev_t *self, uintptr_t cmd, uintptr_t arg);

int __wrap_mp_vfs_blockdev_read_ext(blockdev_t *self, size_t block, size_t offset, size_t len, uint8_t *buf) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        unlock_and_raise(nlr.ret_val);
    }
    int ret = __real_mp_vfs_blockdev_read_ext(self, block, offset, len, buf);
    nlr_pop();
    return ret;
}

int __wrap_mp_vfs_blockdev_write_ext(blockdev_t *self, size_t block, size_t offset, size_t len, const uint8_t *buf) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        unlock_and_raise(nlr.ret_val);
    }
    int ret = __real_mp_vfs_blockdev_write_ext(self, block, offset, len, buf);
    nlr_pop();
    return ret;
}

mp_obj_t __wrap_mp_vfs_blockdev_ioctl(blockdev_t *self, uintptr_t cmd, uintptr_t arg) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        unlock_and_raise(nlr.ret_val);
    }
    mp_obj_t ret = __real_mp_vfs_blockdev_ioctl(self, cmd, arg);
    nlr_pop();
    return ret;
}
