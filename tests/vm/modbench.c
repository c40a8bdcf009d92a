// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The module heddle_bench, for tests/bench/service.py: how long from an interrupt to the service task that it wakes.
//
// TIMER1 fires at pseudo-random moments. Its handler wakes a task by turns through a dispatch slot and as a service
// of its own; the task reads how far the timer has counted since. All of it goes on over a soft reset.
#include <string.h>

#include "py/cstack.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/readline/readline.h"

#include "control.h"
#include "heddle.h"
#include "hostscript.h"
#include "ramdisk.h"
#include "regs.h"
#include "service.h"

// Ticks of 40 ns from a task's run to the next interrupt: 160 to 815 us.
#define TICKS_LEAST (4000)
#define TICKS_SPREAD (16384)
#define CULPRITS (12)

extern char heap_start[], heap_end[];

typedef enum { BY_SLOT, BY_SERVICE, WAYS } way_t;

typedef struct {
    uint32_t total; // ticks from the timer's end to the task
    uint32_t entry; // ticks from the timer's end to the handler
    uint32_t pc; // what the handler interrupted: where interrupts were let in again, when they were masked
    uint32_t lr;
    uint32_t exception; // 0: a thread
    way_t way;
} sample_t;

static struct {
    bool runs;
    bool pending; // from the handler to the task
    uint32_t random;
    uint32_t period;
    uint32_t count;
    uint32_t lost; // the timer ended again before its task ran
    uint32_t worst[WAYS];
    uint32_t worst_entry; // to the handler
    uint32_t worst_rest; // from there
    uint64_t sum[WAYS];
    way_t way;
    uint32_t value; // the timer's, in the handler
    uint32_t frame[3]; // lr, pc, xpsr that it pushed
    sample_t culprits[CULPRITS]; // the worst of each place
} bench;

static dispatch_slot_t slot;
static uint8_t stack[RTOS_STACK_MIN / 2] __attribute__((aligned(RTOS_STACK_ALIGN)));
static bool registered;

static uint32_t resets;
static bool reset_asked;
static bool resetting;

// A period begins when the counter arrives at 0, which is when the interrupt is raised.
static inline uint32_t ticks_since(uint32_t value) {
    return value == 0 ? 0 : bench.period - value;
}

static void arm(void) {
    bench.random = bench.random * 1664525 + 1013904223;
    bench.period = TICKS_LEAST + (bench.random >> 8) % TICKS_SPREAD;
    TIMER1->reload = bench.period - 1; // and starts counting from there
}

static void note_culprit(const sample_t *now) {
    sample_t *least = bench.culprits;
    for (sample_t *s = bench.culprits; s < bench.culprits + CULPRITS; ++s) {
        if (s->pc == now->pc && s->exception == now->exception && s->way == now->way) {
            least = s;
            break;
        }
        if (s->total < least->total) {
            least = s;
        }
    }
    if (now->total > least->total) {
        *least = *now;
    }
}

static void task_ran(void) {
    uint32_t value = TIMER1->value;
    if (!bench.pending) {
        return;
    }
    bench.pending = false;
    const sample_t now = {
        .total = ticks_since(value), .entry = ticks_since(bench.value), .way = bench.way,
        .lr = bench.frame[0], .pc = bench.frame[1], .exception = bench.frame[2] & 0x1ff,
    };
    bench.count += 1;
    bench.sum[now.way] += now.total;
    bench.worst[now.way] = MAX(bench.worst[now.way], now.total);
    bench.worst_entry = MAX(bench.worst_entry, now.entry);
    bench.worst_rest = MAX(bench.worst_rest, now.total - now.entry);
    note_culprit(&now);
    if (bench.runs) {
        bench.way = !bench.way;
        arm();
    }
}

static void slot_main(void *arg) {
    (void)arg;
    task_ran();
}

static void service_main(service_t *self) {
    while (!service_should_stop(self)) {
        service_wait(self, RTOS_FOREVER);
        task_ran();
    }
}

static service_t service = {
    .name = "bench", .entry = service_main, .stack = stack, .stack_size = sizeof(stack),
    .priority_class = SERVICE_DEFERRED, .flags = SERVICE_STATIC | SERVICE_AUTOSTART | SERVICE_ESSENTIAL,
};

void TIMER1_Handler(void);
void bench_interrupt(const uint32_t *frame) __attribute__((used));

// `frame` is what the processor pushed: r0-r3, r12, lr, pc, xpsr. As short as can be: it is part of what is measured.
void bench_interrupt(const uint32_t *frame) {
    uint32_t value = TIMER1->value;
    TIMER1->intstatus = 1;
    if (bench.pending) {
        bench.lost += 1;
        return;
    }
    bench.pending = true;
    bench.value = value;
    bench.frame[0] = frame[5];
    bench.frame[1] = frame[6];
    bench.frame[2] = frame[7];
    if (bench.way == BY_SLOT) {
        dispatch_schedule(&slot);
    } else {
        service_wake(&service);
    }
}

__attribute__((naked)) void TIMER1_Handler(void) {
    __asm volatile (
        "tst lr, #4\n"
        "ite eq\n"
        "mrseq r0, msp\n"
        "mrsne r0, psp\n"
        "b bench_interrupt\n");
}

// start(seed=1): begin to measure.
static mp_obj_t bench_start(size_t n_args, const mp_obj_t *args) {
    memset(&bench, 0, sizeof(bench));
    bench.random = n_args == 0 ? 1 : mp_obj_get_int(args[0]);
    if (!registered) {
        registered = true;
        dispatch_register(&slot, slot_main, NULL);
        service_register(&service);
    }
    bench.runs = true;
    TIMER1->intstatus = 1;
    nvic_enable(IRQ_TIMER1);
    arm();
    TIMER1->ctrl = TIMER_CTRL_ENABLE | TIMER_CTRL_IRQ;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(bench_start_obj, 0, 1, bench_start);

static mp_obj_t bench_stop(void) {
    bench.runs = false;
    TIMER1->ctrl = 0;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(bench_stop_obj, bench_stop);

static mp_obj_t bench_count(void) {
    return MP_OBJ_NEW_SMALL_INT(bench.count);
}
static MP_DEFINE_CONST_FUN_OBJ_0(bench_count_obj, bench_count);

static mp_obj_t pair(qstr name, uint32_t value) {
    mp_obj_t items[] = { MP_OBJ_NEW_QSTR(name), MP_OBJ_NEW_SMALL_INT(value) };
    return mp_obj_new_tuple(2, items);
}

// results(): names and values, in ticks of 40 ns.
static mp_obj_t bench_results(void) {
    mp_obj_t items[] = {
        pair(MP_QSTR_count, bench.count),
        pair(MP_QSTR_lost, bench.lost),
        pair(MP_QSTR_slot, bench.worst[BY_SLOT]),
        pair(MP_QSTR_service, bench.worst[BY_SERVICE]),
        pair(MP_QSTR_entry, bench.worst_entry),
        pair(MP_QSTR_rest, bench.worst_rest),
        pair(MP_QSTR_slot_mean, bench.sum[BY_SLOT] / MAX(bench.count / WAYS, 1)),
        pair(MP_QSTR_service_mean, bench.sum[BY_SERVICE] / MAX(bench.count / WAYS, 1)),
    };
    return mp_obj_new_list(MP_ARRAY_SIZE(items), items);
}
static MP_DEFINE_CONST_FUN_OBJ_0(bench_results_obj, bench_results);

// worst(): for each of the worst places (total, entry, pc, lr, exception, way).
static mp_obj_t bench_worst(void) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    for (const sample_t *s = bench.culprits; s < bench.culprits + CULPRITS && s->total != 0; ++s) {
        mp_obj_t items[] = {
            MP_OBJ_NEW_SMALL_INT(s->total),
            MP_OBJ_NEW_SMALL_INT(s->entry),
            mp_obj_new_int_from_uint(s->pc),
            mp_obj_new_int_from_uint(s->lr),
            MP_OBJ_NEW_SMALL_INT(s->exception),
            MP_OBJ_NEW_QSTR(s->way == BY_SLOT ? MP_QSTR_slot : MP_QSTR_service),
        };
        mp_obj_list_append(list, mp_obj_new_tuple(MP_ARRAY_SIZE(items), items));
    }
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_0(bench_worst_obj, bench_worst);

static mp_obj_t bench_resets(void) {
    return MP_OBJ_NEW_SMALL_INT(resets);
}
static MP_DEFINE_CONST_FUN_OBJ_0(bench_resets_obj, bench_resets);

// The turn that the board's main loop takes for a soft reset, but for what runs after it: the host's script again,
// where the board would leave QEMU.
static NORETURN void soft_reset_loop(void) {
    int status;
    do {
        reset_asked = false;
        resets += 1;
        heddle_python_end();
        gc_sweep_all();
        mp_deinit();
        heddle_init();
        gc_init(heap_start, heap_end);
        mp_init();
        heddle_python_begin();
        readline_init0();
        ramdisk_mount();
        status = hostscript_run();
    } while (reset_asked);
    heddle_python_end();
    board_exit(status);
}

// soft_reset(): end this script with a soft reset, and run it from the start.
static mp_obj_t bench_soft_reset(void) {
    reset_asked = true;
    if (!resetting) {
        resetting = true;
        soft_reset_loop();
    }
    mp_raise_type(&mp_type_SystemExit);
}
static MP_DEFINE_CONST_FUN_OBJ_0(bench_soft_reset_obj, bench_soft_reset);

static const mp_rom_map_elem_t bench_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_heddle_bench) },
    { MP_ROM_QSTR(MP_QSTR_start), MP_ROM_PTR(&bench_start_obj) },
    { MP_ROM_QSTR(MP_QSTR_stop), MP_ROM_PTR(&bench_stop_obj) },
    { MP_ROM_QSTR(MP_QSTR_count), MP_ROM_PTR(&bench_count_obj) },
    { MP_ROM_QSTR(MP_QSTR_results), MP_ROM_PTR(&bench_results_obj) },
    { MP_ROM_QSTR(MP_QSTR_worst), MP_ROM_PTR(&bench_worst_obj) },
    { MP_ROM_QSTR(MP_QSTR_resets), MP_ROM_PTR(&bench_resets_obj) },
    { MP_ROM_QSTR(MP_QSTR_soft_reset), MP_ROM_PTR(&bench_soft_reset_obj) },
};
static MP_DEFINE_CONST_DICT(bench_globals, bench_globals_table);

const mp_obj_module_t heddle_bench_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&bench_globals,
};

MP_REGISTER_MODULE(MP_QSTR_heddle_bench, heddle_bench_module);
