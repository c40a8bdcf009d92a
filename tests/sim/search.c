// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Which schedule is run next. A schedule is its choices at the steps where there is one; the first choice is to go on.
//
// Exhaustive: depth first over every choice, as long as no more than `bound` of them are forced switches.
//
// Pruning: a forced switch away from A is tried before each of A's steps. When A goes on again and nobody has done
// anything meanwhile that its step s has to do with, then the same would have come of switching after s instead, at
// the same cost, and that is another of the schedules: this one is given up. It needs to be known what s accesses (it
// was run before, as the first choice) and that the switch was still possible after it.
#include <string.h>

#include "engine.h"

// ---- what steps access

static bool conflict(const access_t *a, uintptr_t low, uintptr_t high, bool write) {
    return a->low < high && low < a->high && (write || a->write);
}

static bool step_conflicts(const footprint_t *step, uintptr_t low, uintptr_t high, bool write) {
    for (unsigned i = 0; i < step->count; ++i) {
        if (conflict(&step->list[i], low, high, write)) {
            return true;
        }
    }
    return step->all;
}

static void remember(footprint_t *step, uintptr_t low, uintptr_t high, bool write) {
    for (unsigned i = 0; i < step->count; ++i) {
        access_t *a = &step->list[i];
        if (a->low == low && a->high == high) {
            a->write |= write;
            return;
        }
    }
    if (step->count == ACCESSES) {
        step->all = true;
        return;
    }
    step->list[step->count++] = (access_t) {.low = low, .high = high, .write = write};
}

static void wake(unsigned i) {
    engine->m.sleeping -= 1;
    engine->m.sleepers[i] = engine->m.sleepers[engine->m.sleeping];
}

void search_access(uintptr_t low, uintptr_t high, bool write) {
    if (engine->m.recording != NULL) {
        remember(&engine->m.recording->step, low, high, write);
    }
    for (unsigned i = engine->m.sleeping; i > 0; --i) {
        if (step_conflicts(engine->m.sleepers[i - 1].step, low, high, write)) {
            wake(i - 1);
        }
    }
}

static void fall_asleep(const node_t *node, unsigned choice) {
    const actor_t *first = &node->actors[0];
    bool switched = first->irq == NULL && node->actors[choice].cost != 0;
    if (switched && node->known && (node->lasting >> choice & 1) && engine->m.sleeping < SLEEPERS
        && !engine->no_pruning) {
        engine->m.sleepers[engine->m.sleeping++] = (sleeper_t) {.who = first->who, .step = &node->step};
    }
}

static bool sleeps(const actor_t *actor) {
    for (unsigned i = 0; i < engine->m.sleeping; ++i) {
        if (actor->irq == NULL && engine->m.sleepers[i].who == actor->who) {
            return true;
        }
    }
    return false;
}

// The step of the node being recorded is over: who of its actors could still go on?
static void end_recording(const actor_t *actors, unsigned count) {
    node_t *node = engine->m.recording;
    if (node == NULL) {
        return;
    }
    engine->m.recording = NULL;
    // To switch before this step or behind it does not cost the same where it raises what is to come next.
    node->known = count == 0 || actors[0].irq == NULL || !actors[0].irq->prompt;
    const core_t *core = &engine->m.cores[node->actors[0].core];
    if (core->masked != node->masked) {
        remember(&node->step, (uintptr_t)&core->masked, (uintptr_t)&core->masked + 1, true);
    }
    for (unsigned i = 1; i < node->count; ++i) {
        for (unsigned j = 0; j < count; ++j) {
            const actor_t *a = &node->actors[i], *b = &actors[j];
            if (a->core == b->core && a->irq == b->irq && a->who == b->who) {
                node->lasting |= 1u << i;
            }
        }
    }
}

// ---- choices

static uint32_t random32(void) {
    engine->random ^= engine->random << 13;
    engine->random ^= engine->random >> 7;
    engine->random ^= engine->random << 17;
    return engine->random >> 16;
}

static unsigned first_choice(unsigned count) {
    if (engine->preempt != PREEMPT_RANDOM || random32() >= engine->random_threshold) {
        return 0;
    }
    return random32() % count;
}

static node_t *next_node(const actor_t *actors, unsigned count) {
    unsigned position = engine->m.position++;
    if (position == NODES) {
        sim_fail("livelock: %u choices and no end", NODES);
    }
    node_t *node = &engine->nodes[position];
    engine->depth = position + 1;
    if (position < engine->prefix) {
        if (engine->preempt == PREEMPT_REPLAY) {
            node->count = count;
        }
        if (node->count != count || node->chosen >= count) {
            sim_fail("the schedule does not fit: %u may go on at choice %u", count, position);
        }
        return node;
    }
    node->count = count;
    node->chosen = first_choice(count);
    node->known = false;
    node->lasting = 0;
    node->masked = engine->m.cores[actors[0].core].masked;
    node->step.count = 0;
    node->step.all = false;
    memcpy(node->actors, actors, count * sizeof(*actors));
    if (engine->preempt == PREEMPT_EXHAUSTIVE) {
        engine->m.recording = node;
    }
    return node;
}

unsigned search_choose(const actor_t *actors, unsigned count) {
    end_recording(actors, count);
    unsigned choice = 0;
    if (count > 1) {
        const node_t *node = next_node(actors, count);
        choice = node->chosen;
        engine->m.spent += actors[choice].cost;
        if (choice != 0 && engine->preempt == PREEMPT_EXHAUSTIVE) {
            fall_asleep(node, choice);
        }
    }
    if (engine->m.sleeping != 0 && sleeps(&actors[choice])) {
        run_leave(RUN_PRUNED);
    }
    return choice;
}

// ---- schedules

// Each run with its own share of switches, from one in two steps to one in 64.
static bool next_random(void) {
    engine->prefix = 0;
    engine->random = (engine->seed + engine->runs) * 0x9e3779b97f4a7c15 | 1;
    for (unsigned i = 0; i < 4; ++i) {
        random32();
    }
    engine->random_threshold = UINT32_MAX >> (1 + engine->runs % 6);
    return true;
}

// What the forced switches of the first choices cost together.
static unsigned cost_before(unsigned position) {
    unsigned cost = 0;
    for (unsigned i = 0; i < position; ++i) {
        cost += engine->nodes[i].actors[engine->nodes[i].chosen].cost;
    }
    return cost;
}

// The deepest choice that has another one within the bound.
static bool next_exhaustive(void) {
    if (engine->runs == 0) {
        engine->prefix = 0;
        return true;
    }
    unsigned spent = cost_before(engine->depth);
    for (unsigned position = engine->depth; position-- > 0;) {
        node_t *node = &engine->nodes[position];
        spent -= node->actors[node->chosen].cost;
        for (unsigned choice = node->chosen + 1u; choice < node->count; ++choice) {
            if (spent + node->actors[choice].cost <= engine->bound) {
                node->chosen = choice;
                engine->prefix = position + 1;
                return true;
            }
        }
    }
    return false;
}

bool search_next(void) {
    switch (engine->preempt) {
        case PREEMPT_RANDOM:
            return next_random();
        case PREEMPT_EXHAUSTIVE:
            return next_exhaustive();
        default:
            return engine->runs == 0;
    }
}
