// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The module heddle_registers, in AArch64's images for tests: blocks of the heap that nobody knows but one register, of
// a thread that runs, waits or collects.
#include <string.h>

#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"

#define WORDS (6)

typedef struct {
    uint64_t words[WORDS];
} block_t;

static uint64_t word_of(uint64_t seed, unsigned i) {
    return (seed + i) * 0x9e3779b97f4a7c15;
}

static __attribute__((noinline)) block_t *make(uint64_t seed) {
    block_t *block = gc_alloc(sizeof(block_t), 0);
    for (unsigned i = 0; block != NULL && i < WORDS; ++i) {
        block->words[i] = word_of(seed, i);
    }
    return block;
}

// Whether it is still a block, and what it was.
static __attribute__((noinline)) bool is_whole(const block_t *block, uint64_t seed) {
    bool whole = gc_nbytes(block) >= sizeof(block_t);
    for (unsigned i = 0; i < WORDS; ++i) {
        whole &= block->words[i] == word_of(seed, i);
    }
    return whole;
}

// A loop while the block is in this register only; for one that a call may change, too.
#define RUN_IN(name, reg, in, out) \
    static __attribute__((noinline)) block_t *run_in_##name(block_t *block, size_t turns) { \
        __asm volatile ( \
            in "\n mov %0, xzr\n 1: yield\n subs %1, %1, #1\n b.ne 1b\n" out \
            : "+r" (block), "+r" (turns) : : reg, "cc", "memory"); \
        return block; \
    }
RUN_IN(x9, "x9", "mov x9, %0", "mov %0, x9")
RUN_IN(x20, "x20", "mov x20, %0", "mov %0, x20")
RUN_IN(d8, "d8", "fmov d8, %0", "fmov %0, d8")
RUN_IN(d20, "d20", "fmov d20, %0", "fmov %0, d20")
RUN_IN(v21, "v21", "mov v21.d[1], %0", "mov %0, v21.d[1]")

// A call meanwhile; the compiler has no use for the register in between.
#define CALL_IN(name, reg, in, out, call) \
    static __attribute__((noinline)) block_t *name##_in_##reg(block_t *block, size_t turns) { \
        (void)turns; \
        __asm volatile (in : : "r" (block) : #reg, "memory"); \
        call; \
        __asm volatile (out : "=r" (block) : : "memory"); \
        return block; \
    }
CALL_IN(sleep, x20, "mov x20, %0", "mov %0, x20", mp_hal_delay_ms(1))
CALL_IN(sleep, d8, "fmov d8, %0", "fmov %0, d8", mp_hal_delay_ms(1))
CALL_IN(collect, x20, "mov x20, %0", "mov %0, x20", gc_collect())
CALL_IN(collect, d15, "fmov d15, %0", "fmov %0, d15", gc_collect())

static const struct {
    const char *name;
    block_t *(*hold)(block_t *block, size_t turns);
} ways[] = {
    { "run_in_x9", run_in_x9 }, { "run_in_x20", run_in_x20 }, { "run_in_d8", run_in_d8 },
    { "run_in_d20", run_in_d20 }, { "run_in_v21", run_in_v21 }, { "sleep_in_x20", sleep_in_x20 },
    { "sleep_in_d8", sleep_in_d8 }, { "collect_in_x20", collect_in_x20 }, { "collect_in_d15", collect_in_d15 },
};

// hold(way, turns, seed): None, or the way in which it was lost.
static mp_obj_t registers_hold(mp_obj_t way_in, mp_obj_t turns_in, mp_obj_t seed_in) {
    size_t way = mp_obj_get_int(way_in), turns = mp_obj_get_int(turns_in);
    uint64_t seed = mp_obj_get_int(seed_in);
    if (way >= MP_ARRAY_SIZE(ways) || turns == 0) {
        mp_raise_ValueError(NULL);
    }
    block_t *block = make(seed);
    if (block == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
    block = ways[way].hold(block, turns);
    if (is_whole(block, seed)) {
        return mp_const_none;
    }
    return mp_obj_new_str(ways[way].name, strlen(ways[way].name));
}
static MP_DEFINE_CONST_FUN_OBJ_3(registers_hold_obj, registers_hold);

static const mp_rom_map_elem_t registers_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_heddle_registers) },
    { MP_ROM_QSTR(MP_QSTR_hold), MP_ROM_PTR(&registers_hold_obj) },
    { MP_ROM_QSTR(MP_QSTR_WAYS), MP_ROM_INT(MP_ARRAY_SIZE(ways)) },
};
static MP_DEFINE_CONST_DICT(registers_globals, registers_globals_table);

const mp_obj_module_t heddle_registers_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&registers_globals,
};

MP_REGISTER_MODULE(MP_QSTR_heddle_registers, heddle_registers_module);
