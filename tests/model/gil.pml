// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The GIL's hand-over. Mirrors all of core/gil.c (core_gil_reset_locked aside), core/wait.c: core_queue_insert_locked,
// core_queue_remove_locked, core_grant_locked, leave, wait_in, core_wait_locked, core_pending_slow and core_interrupt,
// core/lock.c: core_lock_acquire, core_lock_release and hand_over_lock, and the loop hook heddle_attend of vm/thread.c.
// A critical section is one d_step; what C reads outside of one is a step of its own. A ring is an array here.
// take_or_mark_locked is one step: its loop of load and compare-and-swap is one change of the word. The slice counter
// stops at HEDDLE_GIL_SLICE_MS where C counts on. Any thread may be on a core at any time, which is more than a kernel
// with priorities allows. A wait with a deadline may be late whenever it looks.
//
// Threads loop, make blocking calls, take and release one lock with and without a timeout, and end; the main thread is
// interrupted too. With LIVENESS all have one priority, there is no lock and no interrupt, and nobody ends.
#ifdef LOCKS
// The numbers are gil's business.
#define RETURNERS_MAX 1
#define SLICE_MAX 1
#else
#include "../../include/rtos_config.h"
#define RETURNERS_MAX HEDDLE_GIL_RETURNERS
#define SLICE_MAX HEDDLE_GIL_SLICE_MS
#endif

// slice_locked: for a returner the holder's slice ends at the first tick.
#define SLICE(next) (q[RETURNERS].n != 0 && next == RETURNER -> 1 : SLICE_MAX)

#define N 3
#define MAIN 0
#define NOBODY N

// t->queue
#define NOWHERE 0
#define RETURNERS 1
#define EXPIRED 2
#define LOCK 3

typedef queue_t {
    byte n;
    byte at[N];
};

queue_t q[4]; // gil.returners, gil.expired and the lock's waiters
byte where[N]; // t->queue
byte prio[N];
bool token[N];
byte holder = NOBODY; // core_gil_holder
byte streak;
byte slice;
bool ticks;
bool attention_gil; // the two bits of core_attention
bool attention_vm;
byte owner = NOBODY; // the lock's word
bool waiters;
bool pending; // main's: core_vm_pending has something
bool interrupted;

// What the properties look at.
byte inside = NOBODY; // who runs Python
byte passed; // returners that passed the first of gil.expired, of its priority
bool freed[N];
bool main_ended;
#ifdef FAULT_TOKEN
bool parked[N];
#endif

// Used inside one step only.
hidden byte i;
hidden byte next;
hidden byte head;

#define AWAITED_BY(t) (where[t] == RETURNERS || where[t] == EXPIRED)
#define ATTENTION (attention_gil || attention_vm)

// ---- tokens

#ifdef FAULT_TOKEN
// One that reaches only who has parked already.
#define UNPARK(t) { \
    assert(!freed[t]); \
    token[t] = parked[t]; \
}
#define PARK(me) parked[me] = true; d_step { token[me] -> token[me] = false; parked[me] = false; }
#else
#define UNPARK(t) { \
    assert(!freed[t]); \
    token[t] = true; \
}
#define PARK(me) d_step { token[me] -> token[me] = false; }
#endif

// A grant and its unpark are one critical section; the twin makes two of them.
#ifdef FAULT_GRANT
#define GRANTED(t) wake = t
#define WAKE() if :: wake != NOBODY -> d_step { UNPARK(wake); wake = NOBODY; } :: else fi
#else
#define GRANTED(t) UNPARK(t)
#define WAKE() skip
#endif

inline park_until(me) {
    if
    :: PARK(me);
    :: skip; // the time is over
    fi;
}

#define LEAVES(me) assert(inside == me && holder == me); inside = NOBODY

inline enters(me) {
    atomic {
        assert(inside == NOBODY && holder == me);
        inside = me;
    };
}

// ---- queues: most urgent first, then first come

inline insert_locked(k, t) {
    assert(where[t] == NOWHERE);
    where[t] = k;
    i = q[k].n;
    do
    :: i > 0 && prio[q[k].at[i - 1]] < prio[t] -> q[k].at[i] = q[k].at[i - 1]; i--;
    :: else -> break;
    od;
    q[k].at[i] = t;
    q[k].n++;
}

inline remove_locked(t) {
    assert(where[t] != NOWHERE); // C follows t->queue
    i = 0;
    do
    :: q[where[t]].at[i] != t -> i++;
    :: else -> break;
    od;
    do
    :: i + 1 < q[where[t]].n -> q[where[t]].at[i] = q[where[t]].at[i + 1]; i++;
    :: else -> break;
    od;
    q[where[t]].at[i] = 0;
    q[where[t]].n--;
    where[t] = NOWHERE;
}

// ---- gil.c

#define RETURNER q[RETURNERS].at[0]
#define EXPIREE q[EXPIRED].at[0]

inline next_locked() {
    if
    :: q[RETURNERS].n == 0 && q[EXPIRED].n == 0 -> next = NOBODY;
    :: q[RETURNERS].n == 0 && q[EXPIRED].n != 0 -> next = EXPIREE;
    :: q[RETURNERS].n != 0 && q[EXPIRED].n == 0 -> next = RETURNER;
    :: else ->
        if
        :: prio[RETURNER] > prio[EXPIREE] -> next = RETURNER;
        :: prio[RETURNER] < prio[EXPIREE] -> next = EXPIREE;
        :: else -> next = (streak < RETURNERS_MAX -> RETURNER : EXPIREE);
        fi;
    fi;
}

// core_pending(core_gil_holder), and what core_pending_slow does.
inline attention_vm_locked() {
    attention_vm = false;
    if
    :: holder == MAIN && interrupted -> attention_vm = pending; interrupted = pending;
    :: else
    fi;
}

inline update_locked() {
    if
    :: holder != NOBODY ->
        next_locked();
        attention_vm_locked();
        attention_gil = next != NOBODY &&
            (prio[next] > prio[holder] || (prio[next] == prio[holder] && slice >= SLICE(next)));
    :: else
    fi;
}

inline hold_locked(t) {
    // Nobody waits who is more urgent.
    assert(q[RETURNERS].n == 0 || prio[RETURNER] <= prio[t]);
    assert(q[EXPIRED].n == 0 || prio[EXPIREE] <= prio[t]);
    holder = t;
    slice = 0;
    attention_gil = false;
    attention_vm_locked();
}

inline queue_locked(k, t) {
    if
    :: !ticks -> ticks = true; slice = 1;
    :: else
    fi;
    insert_locked(k, t);
    if
    :: holder != NOBODY && prio[t] > prio[holder] -> attention_gil = true;
    :: else
    fi;
}

inline hand_over_locked(t) {
#ifndef LIVENESS
    // The bounded wait of who was sent to the end of the other queue.
    if
    :: where[t] == RETURNERS && q[EXPIRED].n != 0 && prio[t] == prio[EXPIREE] -> passed++;
    :: where[t] == RETURNERS && q[EXPIRED].n != 0 && prio[t] != prio[EXPIREE] -> skip;
    :: else -> passed = 0;
    fi;
    assert(passed <= RETURNERS_MAX);
#endif
#ifndef FAULT_STREAK
    // C goes on counting past the limit while more urgent threads pass.
    if
    :: where[t] == RETURNERS && q[EXPIRED].n != 0 ->
        streak = (streak < RETURNERS_MAX -> streak + 1 : streak);
    :: else -> streak = 0;
    fi;
#endif
    remove_locked(t);
    hold_locked(t);
    GRANTED(t);
}

inline exit_locked() {
    next_locked();
#ifdef FAULT_BARGE
    holder = NOBODY;
    if
    :: next != NOBODY -> UNPARK(next);
    :: else
    fi;
#else
    if
    :: next != NOBODY -> hand_over_locked(next);
    :: else -> holder = NOBODY;
    fi;
#endif
}

// That it holds the GIL only the thread itself can change, so the look at it is no step of its own.
inline gil_leave(me) {
    d_step {
        LEAVES(me);
        exit_locked();
    };
    WAKE();
}

inline gil_ask(me) {
    if
    :: holder == NOBODY ->
#ifdef FAULT_BARGE
        if
        :: AWAITED_BY(me) -> remove_locked(me);
        :: else
        fi;
        holder = me;
        slice = 0;
        attention_gil = false;
        attention_vm_locked();
#else
        hold_locked(me);
#endif
    :: holder != NOBODY && holder != me && !AWAITED_BY(me) -> queue_locked(RETURNERS, me); update_locked();
    :: else
    fi;
}

inline gil_join_in(me) {
#ifdef FAULT_CHECK
    // It looks outside of the critical section, and then queues for what was given up meanwhile.
    if
    :: holder == NOBODY -> d_step { gil_ask(me); };
    :: holder != NOBODY -> d_step {
            if
            :: holder != me && !AWAITED_BY(me) -> queue_locked(RETURNERS, me); update_locked();
            :: else
            fi;
        };
    fi;
#else
    d_step { gil_ask(me); };
#endif
}

// core_gil_enter_until with CORE_FOREVER.
inline gil_enter(me) {
    gil_join_in(me);
    do
    :: holder == me -> break;
    :: holder != me ->
        PARK(me);
#ifdef FAULT_BARGE
        d_step { gil_ask(me); };
#endif
    od;
}

// With a deadline; `timed_out` is set where it returns -ETIMEDOUT.
inline gil_enter_until(me) {
    gil_join_in(me);
    do
    :: holder == me -> break;
    :: holder != me -> park_until(me);
    :: holder != me -> // now_us >= deadline_us
        d_step {
#ifdef FAULT_LATE
            timed_out = true; // although it was granted meanwhile
#else
            timed_out = holder != me;
#endif
            if
            :: timed_out -> remove_locked(me);
            :: else
            fi;
        };
        if
        :: timed_out -> break;
        :: else
        fi;
    od;
}

// heddle_attend: core_gil_attend, then what is pending.
inline attend(me) {
    d_step {
        next_locked();
        give = attention_gil && next != NOBODY && prio[next] >= prio[me];
        if
        :: give ->
            LEAVES(me);
            insert_locked(EXPIRED, me);
#ifdef FAULT_BARGE
            holder = NOBODY;
            UNPARK(next);
#else
            hand_over_locked(next);
#endif
        :: else ->
#ifdef FAULT_CLEAR
            attention_gil = false;
            attention_vm = false;
#else
            update_locked();
#endif
        fi;
    };
    WAKE();
    if
    :: give -> give = false; gil_enter(me); enters(me);
    :: else
    fi;
    handle_pending(me);
}

// ---- interruptions

inline handle_pending(me) {
#ifdef LIVENESS
    skip;
#else
    if
    :: me == MAIN && interrupted ->
        d_step { // core_pending_slow
            interrupted = pending;
        };
        pending = false;
    :: else
    fi;
#endif
}

#ifndef LIVENESS
proctype interrupt() {
end:
    do
    :: !pending && !main_ended ->
        pending = true;
        d_step {
            interrupted = true;
            update_locked();
            UNPARK(MAIN);
        };
    od;
}
#endif

// ---- lock.c and wait.c

// core_lock_acquire: `has` is set where it returns 0.
inline lock_acquire(me, timed) {
    d_step {
        if
        :: owner == NOBODY -> owner = me; has = true;
        :: else ->
            // core_wait_locked
            waiters = true;
            LEAVES(me);
            insert_locked(LOCK, me);
            exit_locked();
        fi;
    };
    WAKE();
    if
    :: has -> assert(owner == me);
    :: else ->
        lock_wait(me, timed);
        if
        :: holder != me -> gil_enter(me);
        :: holder == me -> skip;
        fi;
        enters(me);
        assert(!has || owner == me);
        handle_pending(me);
    fi;
}

// wait_in
inline lock_wait(me, timed) {
    has = true;
    do
    :: where[me] != LOCK -> break;
    :: where[me] == LOCK && (timed || (me == MAIN && interrupted && pending)) ->
        d_step { // leave
#ifdef FAULT_LEAVE
            has = false; // although it was granted meanwhile
#else
            has = where[me] != LOCK;
#endif
            if
            :: where[me] == LOCK -> remove_locked(me);
            :: else
            fi;
        };
        break;
    :: where[me] == LOCK && !(me == MAIN && interrupted && pending) ->
        if
        :: timed -> park_until(me);
        :: else -> PARK(me);
        fi;
    od;
}

inline lock_release(me) {
    if
    :: !waiters -> d_step { // the compare-and-swap of the fast path
            if
            :: !waiters -> owner = NOBODY; has = false;
            :: else
            fi;
        };
    :: waiters -> d_step { // hand_over_lock
            has = false;
            if
            :: q[LOCK].n == 0 -> owner = NOBODY; waiters = false;
            :: else ->
                head = q[LOCK].at[0];
                owner = head;
                waiters = q[LOCK].n > 1;
                // core_grant_locked: it moves straight to the GIL's queue
                remove_locked(head);
                if
                :: holder != NOBODY -> queue_locked(RETURNERS, head);
                :: else -> hold_locked(head); GRANTED(head);
                fi;
            fi;
        };
        WAKE();
    fi;
}

// ---- the threads

inline blocking_call(me) {
    gil_leave(me);
    gil_enter(me);
    enters(me);
}

// What a soft reset does.
inline timed_call(me) {
    gil_leave(me);
    gil_enter_until(me);
    if
    :: timed_out -> assert(where[me] == NOWHERE); timed_out = false; gil_enter(me);
    :: else
    fi;
    enters(me);
}

// A blocking call that ends when main's callback has run.
inline wait_for_main(me) {
    gil_leave(me);
    !pending || main_ended;
    gil_enter(me);
    enters(me);
}

proctype thread(byte me) {
    bool has;
    bool give;
    bool timed_out;
#ifdef FAULT_GRANT
    byte wake = NOBODY;
#endif
    gil_enter(me);
    enters(me);
    do
    :: ATTENTION -> attend(me);
    :: !ATTENTION -> assert(!(me == MAIN && interrupted && pending) || ATTENTION);
    :: blocking_call(me);
#ifdef LOCKS
    :: !has -> lock_acquire(me, false);
    :: !has && me == 2 -> lock_acquire(me, true);
    :: has -> lock_release(me);
    :: me == 1 -> wait_for_main(me);
#elif !defined(LIVENESS)
    :: me == MAIN -> timed_call(me);
#endif
#ifndef LIVENESS
    :: !has && !(me == MAIN && pending) -> break;
#endif
    od;
#ifndef LIVENESS
    gil_leave(me);
    atomic {
        main_ended = main_ended || me == MAIN;
        freed[me] = me != MAIN;
    };
#endif
}

// gil_tick
#ifndef LOCKS
proctype tick() {
end:
    do
    :: d_step {
            ticks && !(slice >= SLICE_MAX && attention_gil) ->
            if
            :: q[RETURNERS].n == 0 && q[EXPIRED].n == 0 -> ticks = false;
            :: else ->
                next_locked();
                slice = (slice < SLICE_MAX -> slice + 1 : slice);
                attention_gil = attention_gil || slice >= SLICE(next);
            fi;
        };
    od;
}
#endif

init {
    atomic {
        prio[0] = 1;
        prio[1] = 1;
#if defined(LOCKS)
        prio[2] = 2;
        run interrupt();
#elif defined(LIVENESS)
        prio[2] = 1;
        run tick();
#else
        if
        :: prio[2] = 1;
        :: prio[2] = 2;
        fi;
        run interrupt();
        run tick();
#endif
        run thread(0);
        run thread(1);
        run thread(2);
    };
}

#ifdef LIVENESS
ltl bounded { [] (AWAITED_BY(2) -> <> (holder == 2)) }
#endif
