// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The kernel's processor, simulated: every access of the kernel to a volatile or atomic object is a point, and so is
// every mask, so interrupts and other cores come between wherever they can.
#include "kern.h"

static sim_irq_t ipis[SIM_CORES], timers[SIM_CORES], offloads[SIM_CORES], selves[SIM_CORES];
static void (*self_fn[SIM_CORES])(void);
static sim_irq_t passing;
static int64_t timer_at[SIM_CORES];
bool arch_idle_looks;
int arch_watch_ms;
int arch_exit_wanted;
unsigned arch_written;
static bool interrupted[SIM_CORES]; // since the core's idle thread waits
static char idle_memory[SIM_CORES][16 * 1024] SIM_STACK;

unsigned arch_core(void) {
    return sim_core();
}

unsigned arch_core_count(void) {
    return sim_core_count();
}

bool arch_in_isr(void) {
    return sim_in_irq(sim_core());
}

bool arch_masked(void) {
    return sim_in_irq(sim_core()) || sim_masked(sim_core());
}

uint32_t arch_mask(void) {
    if (arch_masked()) {
        return 1;
    }
    sim_point("mask");
    sim_mask(true);
    return 0;
}

void arch_unmask(uint32_t key) {
    if (key == 0) {
        sim_mask(false);
    }
}

struct k_thread *arch_current(void) {
    return kern.cpus[sim_core()].current;
}

bool arch_asked(void) {
    sim_touch(&kern.cpus[sim_core()], false);
    return kern.cpus[sim_core()].asked;
}

void arch_spin(void) {
    sim_spin();
}

int64_t arch_ticks(void) {
    return (int64_t)sim_now_us();
}

uint32_t arch_cycles_32(void) {
    return (uint32_t)sim_now_us();
}

uint64_t arch_cycles_64(void) {
    return sim_now_us();
}

int sys_clock_hw_cycles_per_sec(void) {
    return 1000000;
}

// ---- threads

static void thread_main(void *arg) {
    arch_thread_t *t = arg;
    kern_thread_entry((k_thread_entry_t)t->entry, t->p1, t->p2, t->p3);
}

void arch_thread_init(struct k_thread *t, k_thread_entry_t entry, void *p1, void *p2, void *p3) {
    t->arch.entry = (void *)entry;
    t->arch.p1 = p1;
    t->arch.p2 = p2;
    t->arch.p3 = p3;
    sim_fiber_init(&t->arch.fiber, t->name, (void *)t->stack, t->stack_size, thread_main, &t->arch);
}

void arch_switch_ask(void) {
    sim_touch(&kern.cpus[sim_core()], true);
}

void *arch_saved_sp(const struct k_thread *t) {
    return t->arch.fiber.sp;
}

// What kern_pick changes is known to the machine by its accesses; it gives the core to another fiber by this.
static void pick(void) {
    sim_core_run(sim_core(), &kern_pick()->arch.fiber);
}

void arch_swap(uint32_t key) {
    struct k_thread *self = arch_current();
    pick();
    kern_spin_give(&kern.lock);
    sim_touch(&kern.lock, true);
    sim_mask(false);
    if (arch_current() != self) {
        sim_point("switched");
    }
    if (key != 0) {
        sim_mask(true);
    }
    if (key & KERN_NESTED) {
        kern_spin_take(&kern.lock);
    }
}

// ---- interrupts

static void irq_leave(void) {
    if (arch_idle_looks) {
        sim_touch(&interrupted[sim_core()], true);
        interrupted[sim_core()] = true;
    }
    if (arch_asked()) {
        kern_lock();
        pick();
        kern_unlock(1);
    }
}

static void ipi_handler(sim_irq_t *irq) {
    irq->prompt = false;
    kern_ipi_isr();
}

void arch_ipi(unsigned core) {
    sim_irq_raise(&ipis[core], true);
    ipis[core].prompt = true;
}

static void timer_handler(sim_irq_t *irq) {
    irq->prompt = false;
    timer_at[irq - timers] = KERN_NEVER; // until it is set again
    kern_timer_isr();
}

void arch_timer_set(int64_t at) {
    timer_at[sim_core()] = at;
    sim_irq_raise(&timers[sim_core()], false);
    bool any = false;
    for (unsigned core = 0; core < sim_core_count(); ++core) {
        any |= timer_at[core] != KERN_NEVER && !timers[core].raised;
    }
    sim_irq_raise(&passing, any);
}

// Time passes, to the first timer that fires then.
static void time_passes(sim_irq_t *irq) {
    (void)irq;
    int64_t first = KERN_NEVER;
    for (unsigned core = 0; core < sim_core_count(); ++core) {
        first = timers[core].raised ? first : MIN(first, timer_at[core]);
    }
    first = sim_every_tick ? MIN(first, (int64_t)sim_now_us() + 1000) : first;
    if (first > (int64_t)sim_now_us()) {
        sim_time_set((uint64_t)first);
    }
    bool more = false;
    for (unsigned core = 0; core < sim_core_count(); ++core) {
        if (timer_at[core] <= first && !timers[core].raised) {
            sim_irq_raise(&timers[core], true);
            timers[core].prompt = true;
        }
        more |= timer_at[core] != KERN_NEVER && !timers[core].raised;
    }
    sim_irq_raise(&passing, more);
}

static void self_handler(sim_irq_t *irq) {
    irq->prompt = false;
    self_fn[irq - selves]();
}

void arch_irq_self(void (*fn)(void)) {
    sim_irq_t *irq = &selves[sim_core()];
    self_fn[sim_core()] = fn;
    sim_irq_raise(irq, true);
    irq->prompt = true;
}

static void (*offload_routine[SIM_CORES])(const void *parameter);
static const void *offload_parameter[SIM_CORES];

static void offload_handler(sim_irq_t *irq) {
    irq->prompt = false;
    unsigned core = irq - offloads;
    void (*routine)(const void *parameter) = offload_routine[core];
    offload_routine[core] = NULL;
    routine(offload_parameter[core]);
}

void irq_offload(void (*routine)(const void *parameter), const void *parameter) {
    unsigned core = sim_core();
    while (offload_routine[core] != NULL) {
        sim_spin();
    }
    offload_routine[core] = routine;
    offload_parameter[core] = parameter;
    sim_irq_raise(&offloads[core], true);
    offloads[core].prompt = true;
    while (offload_routine[core] != NULL) {
        sim_spin();
    }
}

// ---- the start

static bool is_interrupted(void *arg) {
    sim_touch(arg, false);
    return *(bool *)arg;
}

// An idle thread that does not look has nothing to do in between.
void arch_idle(void) {
    bool *flag = &interrupted[sim_core()];
    sim_mask(false);
    sim_wait("idle", is_interrupted, flag);
    sim_touch(flag, true);
    *flag = false;
}

bool arch_irq_source(void) {
    sim_touch(&selves[sim_core()], false);
    return selves[sim_core()].raised;
}

static void idle_main(void *arg) {
    (void)arg;
    kern_idle_main();
}

static void dump_thread(const struct k_thread *t, void *arg) {
    (void)arg;
    char state[40];
    k_thread_state_str((k_tid_t)t, state, sizeof(state));
    sim_print("     %-15s priority %d %s%s, at %s\n", t->name, t->prio, state,
        t->flags & KERN_ON_CORE ? " on a core" : "", t->arch.fiber.what != NULL ? t->arch.fiber.what : "its start");
}

static void dump(void) {
    k_thread_foreach_unlocked(dump_thread, NULL);
}

static const sim_client_t client = {.irq_leave = irq_leave, .dump = dump};

static void irq_init(sim_irq_t *irq, const char *name, void (*handler)(sim_irq_t *irq), unsigned core) {
    *irq = (sim_irq_t) {.name = name, .handler = handler, .cores = 1u << core};
    sim_irq_add(irq);
}

void arch_start(void) {
    sim_client(&client);
    passing = (sim_irq_t) {.name = "time", .handler = time_passes, .cores = (1u << SIM_CORES) - 1, .time = true};
    sim_irq_add(&passing);
    for (unsigned core = 0; core < sim_core_count(); ++core) {
        struct k_thread *idle = &kern.cpus[core].idle;
        timer_at[core] = KERN_NEVER;
        irq_init(&ipis[core], "ipi", ipi_handler, core);
        irq_init(&timers[core], "timer", timer_handler, core);
        irq_init(&offloads[core], "offload", offload_handler, core);
        irq_init(&selves[core], "self", self_handler, core);
        sim_fiber_init(&idle->arch.fiber, "idle", idle_memory[core], sizeof(idle_memory[core]), idle_main, NULL);
        sim_core_run(core, &idle->arch.fiber);
    }
    sim_point("start");
    sim_fail("arch_start returned");
}

void arch_write(const char *text, size_t length) {
    arch_written += 1;
    if (arch_exit_wanted == 0 && arch_watch_ms == 0) {
        sim_print("%.*s", (int)length, text);
    }
}

void arch_exit(int status) {
    if (status != arch_exit_wanted) {
        sim_fail("exit with status %d", status);
    }
    sim_end();
}
