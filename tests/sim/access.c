// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the compiler calls at each access of code under test, built with -fsanitize=thread and without its library:
// atomic and volatile accesses are points, and every access counts for the pruning and is checked against memory that
// was freed. An access to the running fiber's own stack is nobody else's business.
#include <string.h>

#include "engine.h"

void sim_forbid(const void *memory, size_t size, const char *why) {
    if (engine->m.forbidden_count == FORBIDDEN) {
        sim_fail("more than %u pieces of memory are forbidden", FORBIDDEN);
    }
    engine->m.forbidden[engine->m.forbidden_count++] = (forbidden_t) {
        .low = (uintptr_t)memory, .high = (uintptr_t)memory + size, .why = why,
    };
}

void sim_allow(const void *memory) {
    for (unsigned i = engine->m.forbidden_count; i-- > 0;) {
        if (engine->m.forbidden[i].low == (uintptr_t)memory) {
            engine->m.forbidden[i] = engine->m.forbidden[--engine->m.forbidden_count];
        }
    }
}

void sim_touch(const void *object, bool write) {
    if (engine->m.active) {
        search_access((uintptr_t)object, (uintptr_t)object + 1, write);
    }
}

static void check(uintptr_t low, uintptr_t high, const void *site) {
    for (unsigned i = 0; i < engine->m.forbidden_count; ++i) {
        const forbidden_t *f = &engine->m.forbidden[i];
        if (low < f->high && f->low < high) {
            char place[200];
            report_site(site, place, sizeof(place));
            sim_fail("access to %s, %s", f->why, place);
        }
    }
}

static bool on_own_stack(uintptr_t address) {
    uintptr_t low = (uintptr_t)__builtin_frame_address(0);
    const sim_fiber_t *self = engine->m.self;
    return address >= low && address < (uintptr_t)self->stack + self->stack_size;
}

static void access(const volatile void *object, size_t size, bool write, bool point, const char *what,
    const void *site) {
    uintptr_t low = (uintptr_t)object;
    if (!engine->m.active || on_own_stack(low)) {
        return;
    }
    if (point || engine->all_points) {
        machine_point(what, site, (const void *)object);
    }
    check(low, low + size, site);
    search_access(low, low + size, write);
}

#define SITE __builtin_return_address(0)

// ---- plain and volatile accesses

#define ACCESS(name, size, write, point, what) \
    void name(void *object); \
    void name(void *object) { \
        access(object, size, write, point, what, SITE); \
    }

#define ACCESSES_OF(size) \
    ACCESS(__tsan_read##size, size, false, false, "read") \
    ACCESS(__tsan_write##size, size, true, false, "write") \
    ACCESS(__tsan_unaligned_read##size, size, false, false, "read") \
    ACCESS(__tsan_unaligned_write##size, size, true, false, "write") \
    ACCESS(__tsan_volatile_read##size, size, false, true, "volatile read") \
    ACCESS(__tsan_volatile_write##size, size, true, true, "volatile write")

ACCESSES_OF(1)
ACCESSES_OF(2)
ACCESSES_OF(4)
ACCESSES_OF(8)
ACCESSES_OF(16)

void __tsan_read_range(void *object, size_t size);
void __tsan_write_range(void *object, size_t size);

void __tsan_read_range(void *object, size_t size) {
    access(object, size, false, false, "read", SITE);
}

void __tsan_write_range(void *object, size_t size) {
    access(object, size, true, false, "write", SITE);
}

// ---- atomic accesses: whatever their order, they are sequentially consistent here

#define ATOMIC_CHANGE(bits, type, name, result) \
    type __tsan_atomic##bits##_##name(volatile type *object, type value, int order); \
    type __tsan_atomic##bits##_##name(volatile type *object, type value, int order) { \
        (void)order; \
        access(object, sizeof(*object), true, true, "atomic " #name, SITE); \
        type old = *object; \
        *object = (result); \
        return old; \
    }

#define ATOMICS_OF(bits, type) \
    type __tsan_atomic##bits##_load(const volatile type *object, int order); \
    type __tsan_atomic##bits##_load(const volatile type *object, int order) { \
        (void)order; \
        access(object, sizeof(*object), false, true, "atomic load", SITE); \
        return *object; \
    } \
    void __tsan_atomic##bits##_store(volatile type *object, type value, int order); \
    void __tsan_atomic##bits##_store(volatile type *object, type value, int order) { \
        (void)order; \
        access(object, sizeof(*object), true, true, "atomic store", SITE); \
        *object = value; \
    } \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile type *object, type *expected, type value, \
        int order, int otherwise); \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile type *object, type *expected, type value, \
        int order, int otherwise) { \
        (void)order; \
        (void)otherwise; \
        access(object, sizeof(*object), true, true, "atomic compare-and-swap", SITE); \
        if (*object != *expected) { \
            *expected = *object; \
            return 0; \
        } \
        *object = value; \
        return 1; \
    } \
    ATOMIC_CHANGE(bits, type, exchange, value) \
    ATOMIC_CHANGE(bits, type, fetch_add, old + value) \
    ATOMIC_CHANGE(bits, type, fetch_sub, old - value) \
    ATOMIC_CHANGE(bits, type, fetch_and, old & value) \
    ATOMIC_CHANGE(bits, type, fetch_or, old | value) \
    ATOMIC_CHANGE(bits, type, fetch_xor, old ^ value) \
    ATOMIC_CHANGE(bits, type, fetch_nand, (type)~(old & value))

ATOMICS_OF(8, uint8_t)
ATOMICS_OF(16, uint16_t)
ATOMICS_OF(32, uint32_t)
ATOMICS_OF(64, uint64_t)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order) {
    (void)order;
}

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order) {
    (void)order;
}

void __tsan_init(void);
void __tsan_init(void) {
}
