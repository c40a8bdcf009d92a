// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The unmodified py/builtinimport.c, with one thread at a time that imports a module: others wait until it is whole,
// and try for themselves if it failed. Where waiting would never end, because the importer waits for the caller, the
// caller gets the module as it is.
#include <errno.h>

#include "py/builtin.h"
#include "py/objmodule.h"
#include "py/runtime.h"

#include "heddle.h"

#if MICROPY_ENABLE_EXTERNAL_IMPORT

// A join may close a cycle after a wait for an import has begun: then the wait ends when it looks again.
#define LOOK_MS (20)

// An import under way, in the frame of the thread that runs it.
typedef struct import {
    nlr_jump_callback_node_t end;
    struct import *next;
    core_thread_t *thread;
    qstr name;
    core_queue_t waiters;
} import_t;

#define MODULES (&MP_STATE_VM(mp_loaded_modules_dict).map)

static import_t *imports; // newest first; changes in critical sections

// Without a GIL the gc mutex guards sys.modules and what this file does to a package's names, because whoever changes
// those allocates. Whoever holds it is not ended by a soft reset.
static void modules_lock(void) {
    #if !HEDDLE_GIL
    if (!core_mutex_try(&MP_STATE_MEM(gc_mutex))) {
        if (rtos_in_isr()) {
            heddle_raise_would_wait();
        }
        core_mutex_lock(&MP_STATE_MEM(gc_mutex));
    }
    #endif
}

static void modules_unlock(void *unused) {
    (void)unused;
    #if !HEDDLE_GIL
    core_mutex_unlock(&MP_STATE_MEM(gc_mutex));
    #endif
}

// A copy of an element, since the table may move. One without a value is of an import that found no memory.
static mp_map_elem_t *lookup(mp_map_elem_t *copy, mp_map_t *map, mp_obj_t key, mp_map_lookup_kind_t kind) {
    modules_lock();
    mp_map_elem_t *elem = mp_map_lookup(map, key, kind);
    if (elem != NULL) {
        *copy = *elem;
    }
    modules_unlock(NULL);
    return elem == NULL || copy->value == MP_OBJ_NULL ? NULL : copy;
}

#if !HEDDLE_GIL
static mp_obj_t new_module(qstr name) {
    nlr_jump_callback_node_t unlock;
    modules_lock();
    nlr_push_jump_callback(&unlock, modules_unlock);
    mp_obj_t module = mp_obj_new_module(name);
    nlr_pop_jump_callback(true);
    return module;
}

static void store_attr(mp_obj_t obj, qstr attr, mp_obj_t value) {
    nlr_jump_callback_node_t unlock;
    if (!mp_obj_is_type(obj, &mp_type_module)) {
        mp_store_attr(obj, attr, value);
        return;
    }
    modules_lock();
    nlr_push_jump_callback(&unlock, modules_unlock);
    mp_store_attr(obj, attr, value);
    nlr_pop_jump_callback(true);
}

static void load_method_maybe(mp_obj_t obj, qstr attr, mp_obj_t *dest) {
    mp_map_elem_t elem;
    if (mp_obj_is_type(obj, &mp_type_module)
        && lookup(&elem, &mp_obj_module_get_globals(obj)->map, MP_OBJ_NEW_QSTR(attr), MP_MAP_LOOKUP)) {
        dest[0] = elem.value;
        dest[1] = MP_OBJ_NULL;
    } else {
        mp_load_method_maybe(obj, attr, dest);
    }
}
#endif

// Whom a thread waits for without a limit, in an import or a join, or NULL.
static core_thread_t *awaited_by_locked(core_thread_t *t) {
    core_queue_t *q = t->queue;
    if (q == NULL) {
        return NULL;
    }
    if (t->waits_for == CORE_WAIT_JOIN) {
        return core_thread_of_joiners(q);
    }
    for (import_t *i = imports; i != NULL; i = i->next) {
        if (q == &i->waiters) {
            return i->thread;
        }
    }
    return NULL;
}

// The import that a thread has to wait for before it imports `name`: another thread's, that does not wait for it.
static import_t *other_locked(core_thread_t *self, qstr name) {
    import_t *other = imports;
    while (other != NULL && (other->name != name || other->thread == self)) {
        other = other->next;
    }
    if (other != NULL) {
        // Others may be waiting for each other, until they look again.
        size_t most = core_thread_live() + 1;
        for (core_thread_t *t = other->thread; t != NULL && most > 0; t = awaited_by_locked(t), --most) {
            if (t == self) {
                return NULL;
            }
        }
    }
    return other;
}

static int wait_for_other(void *name, uint64_t deadline_us) {
    bool may_wait = core_may_wait();
    rtos_crit_t key = rtos_crit_enter();
    import_t *other = other_locked(core_self(), (uintptr_t)name);
    if (other != NULL && may_wait) {
        core_self()->waits_for = CORE_WAIT_IMPORT;
        return core_wait_locked(&other->waiters, true, deadline_us, key);
    }
    rtos_crit_exit(key);
    return other == NULL ? 0 : -EDEADLK;
}

static void import_end(void *import) {
    import_t *self = import;
    modules_lock();
    mp_map_elem_t *elem = mp_map_lookup(MODULES, MP_OBJ_NEW_QSTR(self->name), MP_MAP_LOOKUP);
    if (elem != NULL && elem->value == MP_OBJ_NULL) {
        mp_map_lookup(MODULES, elem->key, MP_MAP_LOOKUP_REMOVE_IF_FOUND);
    }
    modules_unlock(NULL);
    rtos_crit_t key = rtos_crit_enter();
    import_t **at = &imports;
    while (*at != self) {
        at = &(*at)->next;
    }
    rtos_poke(*at, self->next);
    core_grant_all_locked(&self->waiters);
    rtos_crit_exit(key);
}

static mp_obj_t upstream_level(qstr full_mod_name, qstr level_mod_name, mp_obj_t outer, bool override_main);

// The module, if it is loaded and nobody else is at it. Else NULL, and `self` is listed unless somebody is.
static MP_NOINLINE mp_obj_t find_or_list(import_t *self, bool find, import_t **other) {
    mp_map_elem_t elem;
    modules_lock();
    rtos_crit_t key = rtos_crit_enter();
    *other = other_locked(self->thread, self->name);
    rtos_crit_exit(key);
    bool found = *other == NULL && find && lookup(&elem, MODULES, MP_OBJ_NEW_QSTR(self->name), MP_MAP_LOOKUP);
    if (*other == NULL && !found) {
        key = rtos_crit_enter();
        self->next = imports;
        rtos_poke(imports, self);
        rtos_crit_exit(key);
    }
    modules_unlock(NULL);
    return found ? elem.value : MP_OBJ_NULL;
}

static MP_NOINLINE mp_obj_t import_or_wait(qstr name, qstr level_name, mp_obj_t outer, bool override_main, bool find) {
    // The thread that an interrupt came to may be none of Python's.
    import_t self = { .thread = rtos_in_isr() ? NULL : core_self(), .name = name };
    import_t *other;
    mp_obj_t module;
    while ((module = find_or_list(&self, find, &other)) == MP_OBJ_NULL && other != NULL) {
        heddle_wait(wait_for_other, (void *)(uintptr_t)name, core_deadline(LOOK_MS));
    }
    if (module == MP_OBJ_NULL) {
        nlr_push_jump_callback(&self.end, import_end);
        module = upstream_level(name, level_name, outer, override_main);
        nlr_pop_jump_callback(true);
    }
    return module;
}

static mp_obj_t import_level(qstr name, qstr level_name, mp_obj_t outer, bool override_main) {
    heddle_check_deep_stack();
    size_t path_len;
    mp_obj_t *path;
    mp_obj_get_array(mp_sys_path, &path_len, &path); // empty, it keeps upstream from looking for what is loaded
    mp_obj_t module = MP_OBJ_NULL;
    if (path_len != 0) {
        modules_lock();
        if (rtos_peek(imports) == NULL) {
            mp_map_elem_t *elem = mp_map_lookup(MODULES, MP_OBJ_NEW_QSTR(name), MP_MAP_LOOKUP);
            module = elem == NULL ? MP_OBJ_NULL : elem->value;
        }
        modules_unlock(NULL);
    }
    return module != MP_OBJ_NULL ? module : import_or_wait(name, level_name, outer, override_main, path_len != 0);
}

// Whoever imported is gone.
void heddle_imports_forget(void) {
    rtos_poke(imports, NULL);
}

// Upstream's function is defined with "qstr full_mod_name" and called with "full_mod_name": the call is to be ours.
#define process_import_at_level(name, ...) LEVEL_##name, __VA_ARGS__)
#define LEVEL_qstr upstream_level(qstr
#define LEVEL_full_mod_name import_level(full_mod_name

#define mp_map_lookup(map, key, kind) lookup(&(mp_map_elem_t) { 0 }, map, key, kind)
#if !HEDDLE_GIL
#define mp_obj_new_module new_module
#define mp_store_attr store_attr
#define mp_load_method_maybe load_method_maybe
#endif

#endif

#include "py/builtinimport.c"
