// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The RAM disk: a block device whose contents survive a reset. Nothing here allocates, waits or runs Python.
#include <string.h>

#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/runtime.h"
#include "extmod/vfs.h"
#include "extmod/vfs_lfs.h"

#include "ramdisk.h"

#define BLOCK_SIZE (512)
#define BLOCK_COUNT (BOARD_RAMDISK_BLOCKS)
#define FORMATTED_MAGIC (0x6b736964)

static uint8_t blocks[BLOCK_COUNT][BLOCK_SIZE] __attribute__((section(".noinit"), aligned(32)));
static uint32_t magic __attribute__((section(".noinit")));

// The bytes that (block, buffer[, offset]) mean, or NULL where they are not all on the disk.
static uint8_t *find_bytes(size_t n_args, const mp_obj_t *args, mp_buffer_info_t *buf, mp_uint_t access) {
    size_t block = (size_t)mp_obj_get_int(args[1]);
    size_t offset = n_args > 3 ? (size_t)mp_obj_get_int(args[3]) : 0;
    mp_get_buffer_raise(args[2], buf, access);
    if (block >= BLOCK_COUNT || offset > sizeof(blocks) || buf->len > sizeof(blocks)
        || block * BLOCK_SIZE + offset + buf->len > sizeof(blocks)) {
        return NULL;
    }
    return blocks[0] + block * BLOCK_SIZE + offset;
}

static mp_obj_t ramdisk_readblocks(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buf;
    const uint8_t *from = find_bytes(n_args, args, &buf, MP_BUFFER_WRITE);
    if (from == NULL) {
        return MP_OBJ_NEW_SMALL_INT(-MP_EINVAL);
    }
    memcpy(buf.buf, from, buf.len);
    return MP_OBJ_NEW_SMALL_INT(0);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ramdisk_readblocks_obj, 3, 4, ramdisk_readblocks);

static mp_obj_t ramdisk_writeblocks(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buf;
    uint8_t *to = find_bytes(n_args, args, &buf, MP_BUFFER_READ);
    if (to == NULL) {
        return MP_OBJ_NEW_SMALL_INT(-MP_EINVAL);
    }
    memcpy(to, buf.buf, buf.len);
    return MP_OBJ_NEW_SMALL_INT(0);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(ramdisk_writeblocks_obj, 3, 4, ramdisk_writeblocks);

static mp_obj_t ramdisk_ioctl(mp_obj_t self, mp_obj_t command, mp_obj_t argument) {
    switch (mp_obj_get_int(command)) {
        case MP_BLOCKDEV_IOCTL_BLOCK_COUNT:
            return MP_OBJ_NEW_SMALL_INT(BLOCK_COUNT);
        case MP_BLOCKDEV_IOCTL_BLOCK_SIZE:
            return MP_OBJ_NEW_SMALL_INT(BLOCK_SIZE);
        case MP_BLOCKDEV_IOCTL_INIT:
        case MP_BLOCKDEV_IOCTL_DEINIT:
        case MP_BLOCKDEV_IOCTL_SYNC:
        case MP_BLOCKDEV_IOCTL_BLOCK_ERASE:
            return MP_OBJ_NEW_SMALL_INT(0);
        default:
            return mp_const_none;
    }
}
static MP_DEFINE_CONST_FUN_OBJ_3(ramdisk_ioctl_obj, ramdisk_ioctl);

static const mp_rom_map_elem_t ramdisk_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_readblocks), MP_ROM_PTR(&ramdisk_readblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_writeblocks), MP_ROM_PTR(&ramdisk_writeblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&ramdisk_ioctl_obj) },
};
static MP_DEFINE_CONST_DICT(ramdisk_locals, ramdisk_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    ramdisk_type,
    MP_QSTR_RamDisk,
    MP_TYPE_FLAG_NONE,
    locals_dict, &ramdisk_locals
    );

const mp_obj_base_t ramdisk_obj = { &ramdisk_type };

static void ramdisk_format(void) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_obj_t mkfs[3];
        mp_load_method(MP_OBJ_FROM_PTR(&mp_type_vfs_lfs2), MP_QSTR_mkfs, mkfs);
        mkfs[2] = MP_OBJ_FROM_PTR(&ramdisk_obj);
        // A static method takes no self, and mkfs[1] says so by being null.
        mp_call_function_n_kw(mkfs[0], 1, 0, &mkfs[2]);
        magic = FORMATTED_MAGIC;
        nlr_pop();
    } else {
        mp_obj_print_exception(&mp_plat_print, MP_OBJ_FROM_PTR(nlr.ret_val));
    }
}

// The file system on the disk as LittleFS, or the disk where it is none.
static mp_obj_t ramdisk_open(void) {
    mp_obj_t disk = MP_OBJ_FROM_PTR(&ramdisk_obj);
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_obj_t vfs = mp_call_function_1(MP_OBJ_FROM_PTR(&mp_type_vfs_lfs2), disk);
        nlr_pop();
        return vfs;
    }
    return disk;
}

// Upstream finds out by itself what the disk holds, but does not know a LittleFS whose superblock has moved, as it does
// after some ten thousand writes.
static int ramdisk_try_mount(void) {
    return mp_vfs_mount_and_chdir_protected(ramdisk_open(), MP_OBJ_NEW_QSTR(MP_QSTR__slash_));
}

void ramdisk_mount(void) {
    if (magic != FORMATTED_MAGIC) {
        ramdisk_format();
    }
    if (ramdisk_try_mount() != 0) {
        ramdisk_format();
        ramdisk_try_mount();
    }
}
