// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// heddle.threads(): a row for each thread, each service and what was idle, copied one by one.
#include <string.h>

#include "py/objtuple.h"
#include "py/runtime.h"

#include "heddle.h"
#include "service.h"

static const qstr state_names[] = {
    [RTOS_STATE_SUSPENDED] = MP_QSTR_suspended,
    [RTOS_STATE_READY] = MP_QSTR_ready,
    [RTOS_STATE_RUNNING] = MP_QSTR_running,
    [RTOS_STATE_WAITING] = MP_QSTR_waiting,
    [RTOS_STATE_EXITED] = MP_QSTR_exited,
};

static const qstr wait_names[] = {
    [CORE_WAIT_OTHER] = MP_QSTRnull, // it waits for nothing
    [CORE_WAIT_JOIN] = MP_QSTR_join,
    [CORE_WAIT_JOIN_UNTIL] = MP_QSTR_join,
    [CORE_WAIT_SLEEP] = MP_QSTR_sleep,
    [CORE_WAIT_EVENT] = MP_QSTR_event,
    [CORE_WAIT_IMPORT] = MP_QSTR_import,
    [CORE_WAIT_GIL] = MP_QSTR_GIL,
    [CORE_WAIT_FLAG] = MP_QSTR_event,
    [CORE_WAIT_SEMAPHORE] = MP_QSTR_semaphore,
    [CORE_WAIT_CONDITION] = MP_QSTR_condition,
    [CORE_WAIT_QUEUE] = MP_QSTR_queue,
    [CORE_WAIT_LOCK] = MP_QSTR_lock,
    [CORE_WAIT_MUTEX] = MP_QSTR_lock,
};
_Static_assert(MP_ARRAY_SIZE(wait_names) == CORE_WAIT_MUTEX + 1, "each wait has a name");

static const qstr thread_fields[] = {
    MP_QSTR_ident, MP_QSTR_name, MP_QSTR_state, MP_QSTR_priority, MP_QSTR_cpu_us, MP_QSTR_stack_used,
    MP_QSTR_stack_size, MP_QSTR_waits_for, MP_QSTR_holder, MP_QSTR_core, MP_QSTR_cpu,
};

// What a row is made of. A row allocates, and the thread may be gone by then.
typedef struct {
    rtos_stats_t stats;
    char name[RTOS_NAME_MAX + 1];
    uintptr_t key; // what it is known by: an ident, a service's address, or that of an idle thread
    uint32_t ident; // 0 for what is no Python thread
    core_wait_t waits_for;
    uint32_t holder;
} copy_t;

// How long each had run when somebody looked last. On the heap: a thread's record has no room for that.
typedef struct _heddle_seen_t {
    uint64_t at_us;
    size_t used;
    size_t size;
    struct {
        uintptr_t key;
        uint64_t run_us;
    } rows[];
} seen_t;
MP_REGISTER_ROOT_POINTER(struct _heddle_seen_t *heddle_seen);

#define IDLE_KEY(core) (UINTPTR_MAX - (core))

// A look under way.
typedef struct {
    mp_obj_t list;
    const seen_t *last; // NULL at first
    seen_t *now;
    uint64_t us; // since then, or since the start
    uint64_t ran_us; // all rows together
} look_t;

static void copy_stats(copy_t *copy, rtos_thread_t *t, uintptr_t key) {
    rtos_thread_stats(t, &copy->stats);
    strcpy(copy->name, copy->stats.name);
    copy->key = key;
    copy->ident = copy->holder = 0;
    copy->waits_for = CORE_WAIT_OTHER;
}

static uint64_t run_us_at_last(const look_t *look, uintptr_t key) {
    for (size_t i = 0; look->last != NULL && i < look->last->used; ++i) {
        if (look->last->rows[i].key == key) {
            return look->last->rows[i].run_us;
        }
    }
    return 0;
}

// Notes it, too. Threads that others start meanwhile may find no room, and are new again the next time.
static uint64_t ran_us_since(look_t *look, const copy_t *copy) {
    uint64_t us = copy->stats.run_us - run_us_at_last(look, copy->key);
    if (look->now->used < look->now->size) {
        look->now->rows[look->now->used].key = copy->key;
        look->now->rows[look->now->used].run_us = copy->stats.run_us;
        look->now->used += 1;
    }
    look->ran_us += us;
    return us;
}

static mp_obj_t ident_or_none(uint32_t ident) {
    return ident == 0 ? mp_const_none : mp_obj_new_int_from_uint(ident);
}

// Priorities as Python counts them: 1 to 7 for threads, more for services.
static void add_row(look_t *look, const copy_t *copy) {
    const rtos_stats_t *stats = &copy->stats;
    qstr wait = wait_names[copy->waits_for];
    uint64_t ran_us = ran_us_since(look, copy);
    mp_obj_t items[] = {
        ident_or_none(copy->ident),
        mp_obj_new_str(copy->name, strlen(copy->name)),
        MP_OBJ_NEW_QSTR(state_names[stats->state]),
        MP_OBJ_NEW_SMALL_INT(stats->priority - RTOS_PRIORITY_PYTHON_MIN + 1),
        mp_obj_new_int_from_ull(stats->run_us),
        mp_obj_new_int_from_uint(stats->stack_used),
        mp_obj_new_int_from_uint(stats->stack_size),
        wait == MP_QSTRnull ? mp_const_none : MP_OBJ_NEW_QSTR(wait),
        ident_or_none(copy->holder),
        stats->core < 0 ? mp_const_none : MP_OBJ_NEW_SMALL_INT(stats->core),
        mp_obj_new_float((mp_float_t)ran_us * 100 / (mp_float_t)look->us),
    };
    mp_obj_list_append(look->list, mp_obj_new_attrtuple(thread_fields, MP_ARRAY_SIZE(items), items));
}

// The first thread from `ident` on that lives.
static uint32_t copy_thread(copy_t *copy, uint32_t ident) {
    core_vm_list_lock();
    core_thread_t *t = core_thread_at(ident);
    while (t != NULL && rtos_atomic_load(&t->state) > CORE_RUNNING) {
        t = core_thread_at(t->ident + 1);
    }
    if (t != NULL) {
        copy_stats(copy, &t->rtos, t->ident);
        copy->ident = t->ident;
        rtos_crit_t key = rtos_crit_enter();
        copy->waits_for = core_look_locked(t, &copy->holder);
        rtos_crit_exit(key);
        // For the kernel a thread that waits for its turn waits, and one that is about to stop runs.
        if (copy->waits_for == CORE_WAIT_GIL) {
            copy->stats.state = RTOS_STATE_READY;
        } else if (copy->waits_for != CORE_WAIT_OTHER) {
            copy->stats.state = RTOS_STATE_WAITING;
        }
    }
    uint32_t found = t == NULL ? 0 : t->ident;
    core_vm_list_unlock();
    return found;
}

// Where no kernel tells, all that nobody else took.
static void add_idle(look_t *look) {
    copy_t copy = { .name = "idle", .key = IDLE_KEY(0) };
    if (!rtos_idle_stats(0, &copy.stats)) {
        uint64_t all_us = look->us * rtos_core_count();
        uint64_t idle_us = all_us > look->ran_us ? all_us - look->ran_us : 0;
        copy.stats = (rtos_stats_t) { .state = RTOS_STATE_WAITING, .core = -1 };
        copy.stats.run_us = run_us_at_last(look, copy.key) + idle_us;
        add_row(look, &copy);
        return;
    }
    for (unsigned core = 0; core < rtos_core_count() && rtos_idle_stats(core, &copy.stats); ++core) {
        copy.key = IDLE_KEY(core);
        copy.stats.state = RTOS_STATE_WAITING; // for work, so that who waits for all to wait sees that
        add_row(look, &copy);
    }
}

static seen_t *new_seen(void) {
    size_t size = core_thread_live() + 1 + rtos_core_count() + 8;
    for (service_t *s = service_next(NULL); s != NULL; s = service_next(s)) {
        size += 1;
    }
    seen_t *seen = m_malloc(offsetof(seen_t, rows) + size * sizeof(seen->rows[0]));
    seen->used = 0;
    seen->size = size;
    return seen;
}

static mp_obj_t heddle_threads(void) {
    look_t look = { .list = mp_obj_new_list(0, NULL), .last = rtos_peek(MP_STATE_VM(heddle_seen)), .now = new_seen() };
    copy_t copy;
    uint32_t ident = copy_thread(&copy, 1);
    // The moment of the first row. The others' times are read when the caller alone has run since, on one core.
    look.now->at_us = rtos_now_us();
    look.us = MAX(look.now->at_us - (look.last == NULL ? 0 : look.last->at_us), 1);
    do {
        add_row(&look, &copy);
    } while ((ident = copy_thread(&copy, ident + 1)) != 0);
    for (service_t *s = service_next(NULL); s != NULL; s = service_next(s)) {
        if (rtos_peek(s->running)) {
            copy_stats(&copy, &s->thread, (uintptr_t)s);
            add_row(&look, &copy);
        }
    }
    add_idle(&look);
    rtos_poke(MP_STATE_VM(heddle_seen), look.now);
    return look.list;
}
MP_DEFINE_CONST_FUN_OBJ_0(heddle_threads_obj, heddle_threads);
