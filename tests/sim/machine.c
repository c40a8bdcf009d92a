// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Cores, points, interrupts and time. A core stands at a point until it is chosen; an interrupt runs on top of the
// fiber that its core stands with.
#include <string.h>

#include "engine.h"

unsigned sim_core_count(void) {
    return engine->core_count;
}

unsigned sim_core(void) {
    return engine->m.running;
}

sim_fiber_t *sim_self(void) {
    return engine->m.self;
}

void sim_core_run(unsigned core, sim_fiber_t *f) {
    engine->m.cores[core].fiber = f;
}

sim_fiber_t *sim_core_fiber(unsigned core) {
    return engine->m.cores[core].fiber;
}

void sim_mask(bool masked) {
    engine->m.cores[engine->m.running].masked = masked;
}

bool sim_masked(unsigned core) {
    return engine->m.cores[core].masked;
}

bool sim_in_irq(unsigned core) {
    return engine->m.cores[core].in_irq;
}

uint64_t sim_now_us(void) {
    sim_touch(&engine->m.now_us, false);
    return engine->m.now_us;
}

void sim_time_set(uint64_t us) {
    sim_touch(&engine->m.now_us, true);
    if (us < engine->m.now_us) {
        sim_fail("time went back");
    }
    engine->m.now_us = us;
}

void sim_client(const sim_client_t *client) {
    engine->m.client = client;
}

void sim_irq_add(sim_irq_t *irq) {
    sim_irq_t **p = &engine->m.irqs;
    while (*p != NULL) {
        p = &(*p)->next;
    }
    irq->next = NULL;
    *p = irq;
}

void sim_irq_raise(sim_irq_t *irq, bool raised) {
    sim_touch(irq, true);
    irq->raised = raised;
}

// ---- who can take the next step

static bool core_can_step(const core_t *core, bool spinning) {
    sim_fiber_t *f = core->fiber;
    if (f == NULL || f->spins != spinning || f->ready == NULL) {
        return f != NULL && f->spins == spinning;
    }
    // No points in it. But what it reads counts: a step that changes the answer is not to be moved past this look.
    engine->m.looking = true;
    bool ready = f->ready(f->ready_arg);
    engine->m.looking = false;
    return ready;
}

static bool irq_can_fire(const sim_irq_t *irq, unsigned core) {
    const core_t *c = &engine->m.cores[core];
    return (irq->cores >> core & 1) && !c->masked && !c->in_irq && c->fiber != NULL;
}

static unsigned add(actor_t *actors, unsigned count, unsigned core, const void *who, sim_irq_t *irq) {
    if (count == ACTORS) {
        sim_fail("more than %u may take the next step", ACTORS);
    }
    actor_t *actor = &actors[count];
    actor->who = who;
    actor->irq = irq;
    actor->core = core;
    actor->cost = 0;
    return count + 1;
}

static unsigned add_cores(actor_t *actors, unsigned count, bool spinning) {
    unsigned cores = engine->core_count;
    // Who spins comes after the others that do.
    unsigned core = engine->m.turn + spinning;
    for (unsigned i = 0; i < cores; ++i, ++core) {
        core -= core >= cores ? cores : 0;
        core_t *c = &engine->m.cores[core];
        if (core_can_step(c, spinning)) {
            count = add(actors, count, core, c->in_irq ? (void *)c : c->fiber, NULL);
        }
    }
    return count;
}

static unsigned add_irqs(actor_t *actors, unsigned count, sim_irq_t *const *raised, bool prompt, bool time) {
    for (; *raised != NULL; ++raised) {
        sim_irq_t *irq = *raised;
        for (unsigned core = 0; irq->prompt == prompt && irq->time == time && core < engine->core_count; ++core) {
            if (irq_can_fire(irq, core)) {
                count = add(actors, count, core, NULL, irq);
            }
        }
    }
    return count;
}

static void find_raised(sim_irq_t **raised) {
    unsigned count = 0;
    for (sim_irq_t *irq = engine->m.irqs; irq != NULL; irq = irq->next) {
        if (irq->raised && count == ACTORS) {
            sim_fail("more than %u interrupts at once", ACTORS);
        }
        if (irq->raised) {
            raised[count++] = irq;
        }
    }
    raised[count] = NULL;
}

// Most natural first: a prompt interrupt, the core whose turn it is, other cores, interrupts, time, those that only
// spin. What is not the first costs a switch if the first could have gone on; interrupts are free when no core can,
// time when nothing can, and who spins only as the first.
static unsigned list_actors(actor_t *actors) {
    sim_irq_t *raised[ACTORS + 1];
    find_raised(raised);
    unsigned prompt = add_irqs(actors, 0, raised, true, false);
    unsigned cores = add_cores(actors, prompt, false);
    unsigned irqs = add_irqs(actors, cores, raised, false, false);
    unsigned times = add_irqs(actors, irqs, raised, false, true);
    unsigned all = add_cores(actors, times, true);
    bool turn = prompt > 0 || (cores > 0 && actors[0].core == engine->m.turn);
    for (unsigned i = 1; i < all; ++i) {
        actors[i].cost = i < cores ? turn : i < irqs ? cores > 0 : i < times ? irqs > 0 : 1;
    }
    return all;
}

// Who was to go first and did not is late now.
static void make_late(const actor_t *actors, unsigned choice) {
    for (unsigned i = 0; i < choice && actors[i].irq != NULL && actors[i].irq->prompt; ++i) {
        sim_touch(actors[i].irq, true);
        actors[i].irq->prompt = false;
    }
}

static void deadlock(void) {
    for (unsigned i = 0; i < engine->core_count; ++i) {
        if (engine->m.cores[i].masked) {
            sim_fail("deadlock: nobody can go on, and core %u masks interrupts", i);
        }
    }
    sim_fail("deadlock: nobody can go on");
}

// ---- steps

static void all_stop_spinning(void) {
    for (unsigned i = 0; i < engine->core_count; ++i) {
        if (engine->m.cores[i].fiber != NULL) {
            engine->m.cores[i].fiber->spins = false;
        }
    }
}

static void remember(const actor_t *actor, unsigned choice) {
    trace_t *t = &engine->trace[engine->m.steps];
    const sim_fiber_t *f = engine->m.cores[actor->core].fiber;
    t->core = actor->core;
    t->choice = choice == 0 ? 0 : 'a' + choice;
    t->irq = actor->irq != NULL;
    t->name = actor->irq != NULL ? actor->irq->name : f->name;
    t->what = actor->irq != NULL ? "interrupt" : f->what;
    t->site = actor->irq != NULL || !f->started ? NULL : f->site;
}

// Let whoever is chosen take the next step; back when it is the caller's, or an interrupt of the core that it is on.
static void go(void) {
    actor_t actors[ACTORS];
    unsigned count = list_actors(actors);
    if (count == 0) {
        deadlock();
    }
    unsigned choice = search_choose(actors, count);
    const actor_t *actor = &actors[choice];
    remember(actor, choice);
    make_late(actors, choice);
    if (++engine->m.steps == STEPS_MAX) {
        sim_fail("livelock: %u steps and no end", STEPS_MAX);
    }
    core_t *core = &engine->m.cores[actor->core];
    core->order = actor->irq;
    engine->m.running = actor->core;
    if (actor->irq == NULL) {
        engine->m.turn = actor->core;
        core->fiber->spins = false;
    } else {
        core->back = engine->m.turn;
        engine->m.turn = actor->core;
    }
    sim_fiber_t *self = engine->m.self;
    if (core->fiber != self) {
        fiber_switch(self, core->fiber);
    }
}

static void take_irq(core_t *core) {
    sim_irq_t *irq = core->order;
    core->order = NULL;
    core->in_irq = true;
    sim_touch(irq, true);
    sim_touch(&core->masked, false);
    irq->raised = false;
    all_stop_spinning();
    // The fiber's own waiting is not the handler's.
    sim_fiber_t *self = engine->m.self;
    bool (*ready)(void *arg) = self->ready;
    void *ready_arg = self->ready_arg;
    self->ready = NULL;
    irq->handler(irq);
    if (engine->m.client != NULL && engine->m.client->irq_leave != NULL) {
        engine->m.client->irq_leave();
    }
    self->ready = ready;
    self->ready_arg = ready_arg;
    core->in_irq = false;
    engine->m.turn = core->back;
    if (engine->m.client != NULL && engine->m.client->irq_exit != NULL) {
        engine->m.client->irq_exit();
    }
}

void machine_settle(void) {
    while (engine->m.cores[engine->m.running].order != NULL) {
        take_irq(&engine->m.cores[engine->m.running]);
        go();
    }
}

void machine_point(const char *what, const void *site, const void *object) {
    (void)object;
    if (!engine->m.active || engine->m.looking) {
        return;
    }
    engine->m.self->what = what;
    engine->m.self->site = site;
    go();
    machine_settle();
}

void sim_point(const char *what) {
    machine_point(what, __builtin_return_address(0), NULL);
}

void sim_wait(const char *what, bool (*ready)(void *arg), void *arg) {
    sim_fiber_t *self = engine->m.self;
    self->ready = ready;
    self->ready_arg = arg;
    machine_point(what, __builtin_return_address(0), NULL);
    self->ready = NULL;
}

void sim_spin(void) {
    engine->m.self->spins = true;
    machine_point("spin", __builtin_return_address(0), NULL);
}

static void boot_main(void *arg) {
    ((void (*)(void))arg)();
    sim_end();
}

void machine_start(void (*boot)(void)) {
    memset(&engine->m, 0, sizeof(engine->m));
    sim_fiber_init(&engine->m.boot, "boot", engine->boot_stack, BOOT_STACK, boot_main, (void *)boot);
    engine->m.cores[0].fiber = &engine->m.boot;
    engine->m.active = true;
    fiber_resume(&engine->m.boot);
}
