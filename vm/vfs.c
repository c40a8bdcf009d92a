// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// File systems: the unmodified FAT and LittleFS of extmod/, one thread at a time. They share buffers, and a block
// device written in Python gives up the GIL in the middle of them. Whatever Python or the VM can call in them takes one
// lock, also when it raises, and so do the functions that change the mount table and the current directory. The files
// of extmod/ see other names for the types of their functions; where one of these is not called through its type, the
// definition gets another name and ours is in the tables.
#include "py/runtime.h"
#include "extmod/vfs.h"

#include "heddle.h"

static core_mutex_t fs_mutex;

void heddle_fs_init(void) {
    core_mutex_init(&fs_mutex);
}

void heddle_fs_lock(void) {
    core_mutex_lock(&fs_mutex);
}

void heddle_fs_unlock(void) {
    core_mutex_unlock(&fs_mutex);
}

// Who allocates inside a file system waits for the GIL, or for one of these two, so whoever has any of them does not
// wait for a file system.
static bool may_wait(void) {
    #if HEDDLE_GIL
    return false;
    #else
    return core_may_wait() && !core_mutex_held(&MP_STATE_VM(qstr_mutex)) && !core_mutex_held(&MP_STATE_MEM(gc_mutex));
    #endif
}

bool heddle_fs_lock_to_collect(void) {
    if (core_mutex_try(&fs_mutex)) {
        return true;
    }
    bool wait = may_wait();
    if (wait) {
        heddle_fs_lock();
    }
    return wait;
}

static void leave(void *callback) {
    (void)callback;
    heddle_fs_unlock();
}

static void enter(nlr_jump_callback_node_t *callback) {
    if (rtos_in_isr() || !core_mutex_try(&fs_mutex)) {
        if (!core_may_wait()) {
            heddle_raise_would_wait();
        }
        heddle_fs_lock();
    }
    nlr_push_jump_callback(callback, leave);
}

// ---- functions that Python calls

static mp_obj_t call(mp_obj_base_t *function, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    nlr_jump_callback_node_t callback;
    enter(&callback);
    mp_obj_t ret = MP_OBJ_TYPE_GET_SLOT(function->type, call)(MP_OBJ_FROM_PTR(function), n_args, n_kw, args);
    nlr_pop_jump_callback(true);
    return ret;
}

#define LOCKED_TYPE(kind, function_t) \
    static mp_obj_t call_##kind(mp_obj_t self_in, size_t n_args, size_t n_kw, const mp_obj_t *args) { \
        function_t function = *(function_t *)MP_OBJ_TO_PTR(self_in); \
        function.base.type = &mp_type_fun_builtin_##kind; \
        return call(&function.base, n_args, n_kw, args); \
    } \
    static MP_DEFINE_CONST_OBJ_TYPE( \
    locked_type_##kind, MP_QSTR_function, MP_TYPE_FLAG_BINDS_SELF | MP_TYPE_FLAG_BUILTIN_FUN, call, call_##kind)

LOCKED_TYPE(0, mp_obj_fun_builtin_fixed_t);
LOCKED_TYPE(1, mp_obj_fun_builtin_fixed_t);
LOCKED_TYPE(2, mp_obj_fun_builtin_fixed_t);
LOCKED_TYPE(3, mp_obj_fun_builtin_fixed_t);
LOCKED_TYPE(var, mp_obj_fun_builtin_var_t);

#define mp_type_fun_builtin_0 locked_type_0
#define mp_type_fun_builtin_1 locked_type_1
#define mp_type_fun_builtin_2 locked_type_2
#define mp_type_fun_builtin_3 locked_type_3
#define mp_type_fun_builtin_var locked_type_var

// Of extmod/vfs.c these are locked as a whole (linker option --wrap); all others read one word and call a file system.
// LittleFS may never come to the end of a folder that changes between two steps of a list.
MP_DEFINE_CONST_FUN_OBJ_KW(__wrap_mp_vfs_mount_obj, 0, mp_vfs_mount);
MP_DEFINE_CONST_FUN_OBJ_1(__wrap_mp_vfs_umount_obj, mp_vfs_umount);
MP_DEFINE_CONST_FUN_OBJ_1(__wrap_mp_vfs_chdir_obj, mp_vfs_chdir);
MP_DEFINE_CONST_FUN_OBJ_0(__wrap_mp_vfs_getcwd_obj, mp_vfs_getcwd);
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(__wrap_mp_vfs_listdir_obj, 0, 1, mp_vfs_listdir);

// ---- functions that the VM calls

#define LOCKED(type, name, parameters, arguments) \
    static type upstream_##name parameters; \
    static type name parameters { \
        nlr_jump_callback_node_t callback; \
        enter(&callback); \
        type ret = upstream_##name arguments; \
        nlr_pop_jump_callback(true); \
        return ret; \
    }
#define LOCKED_FILE_SYSTEM(new, stat, next, del, read, write, ioctl) \
    LOCKED(mp_obj_t, new, (const mp_obj_type_t *type, size_t n, size_t kw, const mp_obj_t *args), (type, n, kw, args)) \
    LOCKED(mp_import_stat_t, stat, (void *self, const char *path), (self, path)) \
    LOCKED(mp_obj_t, next, (mp_obj_t self), (self)) \
    LOCKED(mp_obj_t, del, (mp_obj_t self), (self)) \
    LOCKED(mp_uint_t, read, (mp_obj_t self, void *buf, mp_uint_t n, int *er), (self, buf, n, er)) \
    LOCKED(mp_uint_t, write, (mp_obj_t self, const void *buf, mp_uint_t n, int *er), (self, buf, n, er)) \
    LOCKED(mp_uint_t, ioctl, (mp_obj_t self, mp_uint_t request, uintptr_t arg, int *er), (self, request, arg, er))

#if MICROPY_VFS_LFS1
LOCKED_FILE_SYSTEM(
    mp_vfs_lfs1_make_new, mp_vfs_lfs1_import_stat, mp_vfs_lfs1_ilistdir_it_iternext, mp_vfs_lfs1_ilistdir_it_del,
    mp_vfs_lfs1_file_read, mp_vfs_lfs1_file_write, mp_vfs_lfs1_file_ioctl)
#define mp_vfs_lfs1_make_new(...) upstream_mp_vfs_lfs1_make_new(__VA_ARGS__)
#define mp_vfs_lfs1_import_stat(...) upstream_mp_vfs_lfs1_import_stat(__VA_ARGS__)
#define mp_vfs_lfs1_ilistdir_it_iternext(...) upstream_mp_vfs_lfs1_ilistdir_it_iternext(__VA_ARGS__)
#define mp_vfs_lfs1_ilistdir_it_del(...) upstream_mp_vfs_lfs1_ilistdir_it_del(__VA_ARGS__)
#define mp_vfs_lfs1_file_read(...) upstream_mp_vfs_lfs1_file_read(__VA_ARGS__)
#define mp_vfs_lfs1_file_write(...) upstream_mp_vfs_lfs1_file_write(__VA_ARGS__)
#define mp_vfs_lfs1_file_ioctl(...) upstream_mp_vfs_lfs1_file_ioctl(__VA_ARGS__)
#endif

#if MICROPY_VFS_LFS2
LOCKED_FILE_SYSTEM(
    mp_vfs_lfs2_make_new, mp_vfs_lfs2_import_stat, mp_vfs_lfs2_ilistdir_it_iternext, mp_vfs_lfs2_ilistdir_it_del,
    mp_vfs_lfs2_file_read, mp_vfs_lfs2_file_write, mp_vfs_lfs2_file_ioctl)
#define mp_vfs_lfs2_make_new(...) upstream_mp_vfs_lfs2_make_new(__VA_ARGS__)
#define mp_vfs_lfs2_import_stat(...) upstream_mp_vfs_lfs2_import_stat(__VA_ARGS__)
#define mp_vfs_lfs2_ilistdir_it_iternext(...) upstream_mp_vfs_lfs2_ilistdir_it_iternext(__VA_ARGS__)
#define mp_vfs_lfs2_ilistdir_it_del(...) upstream_mp_vfs_lfs2_ilistdir_it_del(__VA_ARGS__)
#define mp_vfs_lfs2_file_read(...) upstream_mp_vfs_lfs2_file_read(__VA_ARGS__)
#define mp_vfs_lfs2_file_write(...) upstream_mp_vfs_lfs2_file_write(__VA_ARGS__)
#define mp_vfs_lfs2_file_ioctl(...) upstream_mp_vfs_lfs2_file_ioctl(__VA_ARGS__)
#endif

#if MICROPY_VFS_FAT
LOCKED_FILE_SYSTEM(
    fat_vfs_make_new, fat_vfs_import_stat, mp_vfs_fat_ilistdir_it_iternext, mp_vfs_fat_ilistdir_it_del, file_obj_read,
    file_obj_write, file_obj_ioctl)
#define fat_vfs_make_new(...) upstream_fat_vfs_make_new(__VA_ARGS__)
#define fat_vfs_import_stat(...) upstream_fat_vfs_import_stat(__VA_ARGS__)
#define mp_vfs_fat_ilistdir_it_iternext(...) upstream_mp_vfs_fat_ilistdir_it_iternext(__VA_ARGS__)
#define mp_vfs_fat_ilistdir_it_del(...) upstream_mp_vfs_fat_ilistdir_it_del(__VA_ARGS__)
#define file_obj_read(...) upstream_file_obj_read(__VA_ARGS__)
#define file_obj_write(...) upstream_file_obj_write(__VA_ARGS__)
#define file_obj_ioctl(...) upstream_file_obj_ioctl(__VA_ARGS__)
#endif

#include "extmod/vfs_lfs.c"
#include "extmod/vfs_fat.c"
#include "extmod/vfs_fat_file.c"
