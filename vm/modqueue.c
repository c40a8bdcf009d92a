// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The module queue. One lock guards a ring of items, which is a heap in a PriorityQueue; who
// waits for an item, for room or for the end of all tasks waits in a condition of it.
#include <errno.h>
#include <string.h>

#include "py/runtime.h"

#include "modthread.h"

#define LEAST (4) // items there is room for

typedef struct {
    mp_obj_base_t base;
    core_lock_t lock;
    core_cond_t not_empty;
    core_cond_t not_full;
    core_cond_t all_done;
    mp_obj_t *items;
    size_t room; // of items
    size_t first;
    size_t used;
    size_t limit; // SIZE_MAX: none
    size_t unfinished;
    mp_obj_t maxsize;
} queue_obj_t;

static const mp_obj_type_t lifo_queue_type;
static const mp_obj_type_t priority_queue_type;

MP_DEFINE_EXCEPTION(Empty, Exception)
MP_DEFINE_EXCEPTION(Full, Exception)

static mp_obj_t make(const mp_obj_type_t *type, mp_obj_t maxsize) {
    mp_int_t limit = heddle_get_int(maxsize, MP_QSTR_maxsize);
    queue_obj_t *self = mp_obj_malloc(queue_obj_t, type);
    core_lock_init(&self->lock);
    core_cond_init(&self->not_empty, CORE_WAIT_QUEUE);
    core_cond_init(&self->not_full, CORE_WAIT_QUEUE);
    core_cond_init(&self->all_done, CORE_WAIT_QUEUE);
    self->items = NULL;
    self->room = self->first = self->used = self->unfinished = 0;
    self->limit = limit > 0 ? (size_t)limit : SIZE_MAX;
    self->maxsize = maxsize;
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t queue_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_maxsize, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_INT(0) } },
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all_kw_array(n_args, n_kw, args, MP_ARRAY_SIZE(allowed), allowed, values);
    return make(type, values[0].u_obj);
}

static mp_obj_t simple_queue_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)args;
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    return make(type, MP_OBJ_NEW_SMALL_INT(0));
}

// ---- the items, with the lock

static mp_obj_t *item_at(queue_obj_t *self, size_t i) {
    size_t at = self->first + i;
    return &self->items[at < self->room ? at : at - self->room];
}

// Room for more, prepared without the lock, because a finaliser may use the queue. MemoryError changes nothing.
static void grow(queue_obj_t *self) {
    size_t had = rtos_peek(self->room);
    size_t room = had == 0 ? LEAST : 2 * had;
    mp_obj_t *items = m_new0(mp_obj_t, room);
    if (core_lock_acquire(&self->lock, false, CORE_FOREVER) != 0) {
        heddle_raise_would_wait();
    }
    if (self->room == had) {
        for (size_t i = 0; i < self->used; ++i) {
            items[i] = *item_at(self, i);
        }
        self->items = items;
        rtos_poke(self->room, room);
        self->first = 0;
    }
    core_lock_release(&self->lock);
}

static bool is_less(mp_obj_t a, mp_obj_t b) {
    return mp_obj_is_true(mp_binary_op(MP_BINARY_OP_LESS, a, b));
}

// A heap: an item is never less than the one at half of its place. Comparisons run Python and may raise: then items are
// in another order than they should be, but all are there.
static void sift_up(queue_obj_t *self, size_t at) {
    while (at > 0) {
        size_t above = (at - 1) / 2;
        if (!is_less(self->items[at], self->items[above])) {
            break;
        }
        mp_obj_t item = self->items[at];
        self->items[at] = self->items[above];
        self->items[above] = item;
        at = above;
    }
}

static void sift_down(queue_obj_t *self, size_t at) {
    for (size_t below; (below = 2 * at + 1) < self->used; at = below) {
        if (below + 1 < self->used && is_less(self->items[below + 1], self->items[below])) {
            below += 1;
        }
        if (!is_less(self->items[below], self->items[at])) {
            break;
        }
        mp_obj_t item = self->items[at];
        self->items[at] = self->items[below];
        self->items[below] = item;
    }
}

static mp_obj_t take(queue_obj_t *self, mp_obj_t *slot) {
    mp_obj_t item = *slot;
    *slot = MP_OBJ_NULL;
    rtos_poke(self->used, self->used - 1);
    return item;
}

static mp_obj_t take_least(queue_obj_t *self) {
    mp_obj_t item = take(self, &self->items[self->used - 1]);
    if (self->used != 0) {
        mp_obj_t least = self->items[0];
        self->items[0] = item;
        sift_down(self, 0);
        return least;
    }
    return item;
}

static mp_obj_t take_first(queue_obj_t *self) {
    mp_obj_t item = take(self, &self->items[self->first]);
    self->first = self->first + 1 == self->room ? 0 : self->first + 1;
    return item;
}

// ---- the lock

static int lock(queue_obj_t *self) {
    return core_lock_try(&self->lock) ? 0 : core_lock_acquire(&self->lock, true, CORE_FOREVER);
}

static void unlock(queue_obj_t *self) {
    if (!core_lock_try_release(&self->lock)) {
        core_lock_release(&self->lock);
    }
}

// What has the lock while Python compares.
typedef struct {
    nlr_jump_callback_node_t node; // first
    queue_obj_t *self;
} guard_t;

static void guard_unlock(void *guard) {
    unlock(((guard_t *)guard)->self);
}

// Wait in `cond`: 0 with the lock, or what heddle_wait() is to see, without it.
static int wait_in(queue_obj_t *self, core_cond_t *cond, uint64_t deadline_us) {
    int ret = deadline_us == 0 ? -ETIMEDOUT : core_cond_wait(cond, &self->lock, true, 0, deadline_us);
    if (ret == -EDEADLK || deadline_us == 0) {
        unlock(self);
    }
    return ret;
}

// ---- put and get

#define NO_ROOM (1)

typedef struct {
    queue_obj_t *self;
    mp_obj_t item;
} operation_t;

static int put_step(void *arg, uint64_t deadline_us) {
    operation_t *operation = arg;
    queue_obj_t *self = operation->self;
    int ret = lock(self);
    while (ret == 0 && self->used >= self->limit) {
        ret = wait_in(self, &self->not_full, deadline_us);
    }
    if (ret != 0) {
        return ret;
    }
    if (self->used == self->room) {
        unlock(self);
        return NO_ROOM;
    }
    *item_at(self, self->used) = operation->item;
    rtos_poke(self->used, self->used + 1);
    if (self->base.type == &priority_queue_type) {
        guard_t guard = { .self = self };
        nlr_push_jump_callback(&guard.node, guard_unlock);
        sift_up(self, self->used - 1);
        nlr_pop_jump_callback(false);
    }
    self->unfinished += 1;
    core_cond_notify(&self->not_empty, &self->lock, 1);
    unlock(self);
    return 0;
}

static int get_step(void *arg, uint64_t deadline_us) {
    operation_t *operation = arg;
    queue_obj_t *self = operation->self;
    int ret = lock(self);
    while (ret == 0 && self->used == 0) {
        ret = wait_in(self, &self->not_empty, deadline_us);
    }
    if (ret != 0) {
        return ret;
    }
    if (self->base.type == &priority_queue_type) {
        guard_t guard = { .self = self };
        nlr_push_jump_callback(&guard.node, guard_unlock);
        operation->item = take_least(self);
        nlr_pop_jump_callback(false);
    } else if (self->base.type == &lifo_queue_type) {
        operation->item = take(self, item_at(self, self->used - 1));
    } else {
        operation->item = take_first(self);
    }
    core_cond_notify(&self->not_full, &self->lock, 1);
    unlock(self);
    return 0;
}

static mp_obj_t put(mp_obj_t self_in, mp_obj_t item, uint64_t deadline_us) {
    operation_t operation = { MP_OBJ_TO_PTR(self_in), item };
    int ret;
    while ((ret = heddle_wait(put_step, &operation, deadline_us)) == NO_ROOM) {
        grow(operation.self);
    }
    if (ret != 0) {
        mp_raise_type(&mp_type_Full);
    }
    return mp_const_none;
}

static mp_obj_t get(mp_obj_t self_in, uint64_t deadline_us) {
    operation_t operation = { MP_OBJ_TO_PTR(self_in), MP_OBJ_NULL };
    if (heddle_wait(get_step, &operation, deadline_us) != 0) {
        mp_raise_type(&mp_type_Empty);
    }
    return operation.item;
}

// [item,] block=True, timeout=None behind self: the deadline, and `item` where it is not NULL.
static uint64_t parse(mp_obj_t *item, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_item, MP_ARG_OBJ | MP_ARG_REQUIRED, { 0 } },
        { MP_QSTR_block, MP_ARG_BOOL, { .u_bool = true } },
        { MP_QSTR_timeout, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    size_t left_out = item == NULL;
    mp_arg_parse_all_kw_array(
        n_args - 1, n_kw, args + 1, MP_ARRAY_SIZE(allowed) - left_out, allowed + left_out, values + left_out
        );
    if (item != NULL) {
        *item = values[0].u_obj;
        if (((queue_obj_t *)MP_OBJ_TO_PTR(args[0]))->limit == SIZE_MAX) {
            return CORE_FOREVER;
        }
    }
    if (!values[1].u_bool) {
        return 0;
    }
    if (values[2].u_obj == mp_const_none) {
        return CORE_FOREVER;
    }
    if (mp_obj_is_true(mp_binary_op(MP_BINARY_OP_LESS, values[2].u_obj, MP_OBJ_NEW_SMALL_INT(0)))) {
        mp_raise_ValueError(MP_ERROR_TEXT("'timeout' must be a non-negative number"));
    }
    return heddle_deadline(values[2].u_obj, false);
}

static mp_obj_t queue_put(mp_obj_t fun, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)fun;
    mp_obj_t item = args[1];
    uint64_t deadline_us = n_args == 2 && n_kw == 0 ? CORE_FOREVER : parse(&item, n_args, n_kw, args);
    return put(args[0], item, deadline_us);
}
METHOD(queue_put);

static mp_obj_t queue_get(mp_obj_t fun, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)fun;
    return get(args[0], n_args == 1 && n_kw == 0 ? CORE_FOREVER : parse(NULL, n_args, n_kw, args));
}
METHOD(queue_get);

static mp_obj_t queue_put_nowait(mp_obj_t self, mp_obj_t item) {
    return put(self, item, 0);
}
static MP_DEFINE_CONST_FUN_OBJ_2(queue_put_nowait_obj, queue_put_nowait);

static mp_obj_t queue_get_nowait(mp_obj_t self) {
    return get(self, 0);
}
static MP_DEFINE_CONST_FUN_OBJ_1(queue_get_nowait_obj, queue_get_nowait);

static mp_obj_t queue_qsize(mp_obj_t self) {
    return mp_obj_new_int_from_uint(rtos_peek(((queue_obj_t *)MP_OBJ_TO_PTR(self))->used));
}
static MP_DEFINE_CONST_FUN_OBJ_1(queue_qsize_obj, queue_qsize);

static mp_obj_t queue_empty(mp_obj_t self) {
    return mp_obj_new_bool(rtos_peek(((queue_obj_t *)MP_OBJ_TO_PTR(self))->used) == 0);
}
static MP_DEFINE_CONST_FUN_OBJ_1(queue_empty_obj, queue_empty);

static mp_obj_t queue_full(mp_obj_t self_in) {
    queue_obj_t *self = MP_OBJ_TO_PTR(self_in);
    return mp_obj_new_bool(rtos_peek(self->used) >= self->limit);
}
static MP_DEFINE_CONST_FUN_OBJ_1(queue_full_obj, queue_full);

// ---- tasks

static int task_done_step(void *arg, uint64_t deadline_us) {
    (void)deadline_us;
    queue_obj_t *self = arg;
    int ret = lock(self);
    if (ret != 0) {
        return ret;
    }
    ret = self->unfinished == 0 ? -EPERM : 0;
    if (ret == 0) {
        self->unfinished -= 1;
        if (self->unfinished == 0) {
            core_cond_notify(&self->all_done, &self->lock, SIZE_MAX);
        }
    }
    unlock(self);
    return ret;
}

static mp_obj_t queue_task_done(mp_obj_t self) {
    if (heddle_wait(task_done_step, MP_OBJ_TO_PTR(self), CORE_FOREVER) != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("task_done() called too many times"));
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(queue_task_done_obj, queue_task_done);

static int join_step(void *arg, uint64_t deadline_us) {
    queue_obj_t *self = arg;
    int ret = lock(self);
    while (ret == 0 && self->unfinished != 0) {
        ret = wait_in(self, &self->all_done, deadline_us);
    }
    if (ret == 0) {
        unlock(self);
    }
    return ret;
}

static mp_obj_t queue_join(mp_obj_t self) {
    heddle_wait(join_step, MP_OBJ_TO_PTR(self), CORE_FOREVER);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(queue_join_obj, queue_join);

// ---- the types

static void queue_attr(mp_obj_t self, qstr name, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    if (name == MP_QSTR_maxsize) {
        dest[0] = ((queue_obj_t *)MP_OBJ_TO_PTR(self))->maxsize;
    } else if (name == MP_QSTR_unfinished_tasks) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(((queue_obj_t *)MP_OBJ_TO_PTR(self))->unfinished);
    } else {
        dest[1] = MP_OBJ_SENTINEL; // look among the methods
    }
}

#define SIMPLE_METHODS \
    { MP_ROM_QSTR(MP_QSTR_put), MP_ROM_PTR(&queue_put_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_get), MP_ROM_PTR(&queue_get_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_put_nowait), MP_ROM_PTR(&queue_put_nowait_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_get_nowait), MP_ROM_PTR(&queue_get_nowait_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_qsize), MP_ROM_PTR(&queue_qsize_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_empty), MP_ROM_PTR(&queue_empty_obj) }

static const mp_rom_map_elem_t simple_queue_locals_table[] = {
    SIMPLE_METHODS,
};
static MP_DEFINE_CONST_DICT(simple_queue_locals, simple_queue_locals_table);

static const mp_rom_map_elem_t queue_locals_table[] = {
    SIMPLE_METHODS,
    { MP_ROM_QSTR(MP_QSTR_full), MP_ROM_PTR(&queue_full_obj) },
    { MP_ROM_QSTR(MP_QSTR_task_done), MP_ROM_PTR(&queue_task_done_obj) },
    { MP_ROM_QSTR(MP_QSTR_join), MP_ROM_PTR(&queue_join_obj) },
};
static MP_DEFINE_CONST_DICT(queue_locals, queue_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    simple_queue_type, MP_QSTR_SimpleQueue, MP_TYPE_FLAG_NONE,
    make_new, simple_queue_make_new,
    locals_dict, &simple_queue_locals
    );

static MP_DEFINE_CONST_OBJ_TYPE(
    queue_type, MP_QSTR_Queue, MP_TYPE_FLAG_NONE,
    make_new, queue_make_new,
    attr, queue_attr,
    locals_dict, &queue_locals
    );

static MP_DEFINE_CONST_OBJ_TYPE(
    lifo_queue_type, MP_QSTR_LifoQueue, MP_TYPE_FLAG_NONE,
    make_new, queue_make_new,
    attr, queue_attr,
    parent, &queue_type,
    locals_dict, &queue_locals
    );

static MP_DEFINE_CONST_OBJ_TYPE(
    priority_queue_type, MP_QSTR_PriorityQueue, MP_TYPE_FLAG_NONE,
    make_new, queue_make_new,
    attr, queue_attr,
    parent, &queue_type,
    locals_dict, &queue_locals
    );

static const mp_rom_map_elem_t queue_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_queue) },
    { MP_ROM_QSTR(MP_QSTR_Queue), MP_ROM_PTR(&queue_type) },
    { MP_ROM_QSTR(MP_QSTR_LifoQueue), MP_ROM_PTR(&lifo_queue_type) },
    { MP_ROM_QSTR(MP_QSTR_PriorityQueue), MP_ROM_PTR(&priority_queue_type) },
    { MP_ROM_QSTR(MP_QSTR_SimpleQueue), MP_ROM_PTR(&simple_queue_type) },
    { MP_ROM_QSTR(MP_QSTR_Empty), MP_ROM_PTR(&mp_type_Empty) },
    { MP_ROM_QSTR(MP_QSTR_Full), MP_ROM_PTR(&mp_type_Full) },
};
static MP_DEFINE_CONST_DICT(queue_globals, queue_globals_table);

const mp_obj_module_t heddle_queue_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&queue_globals,
};

MP_REGISTER_MODULE(MP_QSTR_queue, heddle_queue_module);
