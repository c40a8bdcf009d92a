// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The switch of contexts on two cores. It mirrors no file: it is the protocol that our own kernel has to follow, and
// this is the shape that it prescribes, with interrupts masked and the kernel's lock held at the start:
//
//     next = take_ready();                        // may be `from` itself: then there is nothing to switch
//     from->saved = false;                        // while nobody else can find `from`
//     unlock();                                   // from here on a wake-up or another core may
//     save the registers to from->context
//     atomic_store_explicit(&from->saved, true, memory_order_release); // the stack of `from` is no longer ours
//     while (!atomic_load_explicit(&next->saved, memory_order_acquire)) {
//     }
//     load the registers from next->context
//
// The wait is short: whoever holds `next` back had the lock before us, so no two cores wait for each other.
// What the lock protects is one step, and each access outside of it that another core can see is one of its own. What a
// weakly ordered core may do without release or acquire is in the twins, as the other order. A context is two words,
// which must be of one age. Threads compute, yield, wait for a token and end; wake-ups come at any time, from an
// interrupt or another core. Which ready thread is next is left open. A join returns when the thread has ended and is
// saved: only then is its memory free. Generation numbers of waits (design, section 6) are not in it.
#define THREADS 3
#define IDLE THREADS

#define READY 0
#define RUNNING 1
#define WAITING 2
#define TERMINATED 3

byte state[THREADS];
bool token[THREADS];
bool saved[THREADS + 1];
byte low[THREADS + 1]; // the context
byte high[THREADS + 1];

// What the properties look at.
byte age[THREADS]; // of the registers, whoever has them
byte cores[THREADS]; // that run it or use its stack
bool freed[THREADS];

inline take_ready() {
    if
    :: state[0] == READY -> to = 0;
    :: state[1] == READY -> to = 1;
    :: state[2] == READY -> to = 2;
    :: state[0] != READY && state[1] != READY && state[2] != READY -> to = IDLE;
    fi;
    if
    :: to != IDLE -> state[to] = RUNNING;
    :: else
    fi;
}

inline save(from) {
    if
    :: from == IDLE -> skip;
    :: from != IDLE ->
        assert(!freed[from]);
        low[from] = registers;
#ifdef FAULT_RELEASE
        cores[from]--;
        saved[from] = true; // seen before the other half of the context
        high[from] = registers;
#else
        high[from] = registers;
        atomic {
            assert(!freed[from] && cores[from] == 1);
            cores[from]--;
            saved[from] = true;
        };
#endif
    fi;
}

inline load(to) {
    if
    :: to == IDLE -> registers = 0;
    :: to != IDLE ->
#ifdef FAULT_ACQUIRE
        registers = low[to]; // read ahead of the flag
        saved[to];
#else
#ifndef FAULT_TRUST
        saved[to];
#endif
        registers = low[to];
#endif
        atomic {
            assert(!freed[to] && cores[to] == 0);
            assert(registers == age[to] && high[to] == age[to]);
            low[to] = 0;
            high[to] = 0;
            cores[to]++;
        };
    fi;
}

// `to` is chosen and the lock is given back.
inline switch() {
    if
    :: to == from -> skip;
    :: to != from ->
#ifdef FAULT_CLEARED
        saved[from] = from == IDLE; // others could find it already
#endif
        save(from);
        load(to);
        from = to;
    fi;
    to = 0;
}

#ifdef FAULT_CLEARED
#define CLEAR_SAVED() skip
#else
#define CLEAR_SAVED() saved[from] = from == IDLE || to == from
#endif

// It yields or is preempted, waits, or ends.
inline leave(from) {
    if
    :: state[from] = READY;
    :: state[from] = TERMINATED;
#ifndef FAULT_TOKEN
    :: state[from] = (token[from] -> READY : WAITING); token[from] = false;
#endif
    fi;
}

proctype core(byte me) {
    byte from = me; // the core knows who runs on it
    byte to;
    byte registers;
end:
    do
    :: atomic {
            from != IDLE ->
            assert(cores[from] == 1 && state[from] == RUNNING && !freed[from]);
            registers = 1 - registers;
            age[from] = registers;
            leave(from);
            take_ready();
            CLEAR_SAVED();
        };
        switch();
#ifdef FAULT_TOKEN
    // It looks at its token outside of the lock.
    :: from != IDLE && !token[from] ->
        atomic {
            state[from] = WAITING;
            take_ready();
            CLEAR_SAVED();
        };
        switch();
#endif
    :: atomic {
            from == IDLE && (state[0] == READY || state[1] == READY || state[2] == READY) ->
            take_ready();
        };
        switch();
    od;
}

// The token is for the wait that comes, the state for one that is under way.
inline wake(t) {
    atomic {
        !token[t] && state[t] != TERMINATED ->
        assert(!freed[t]);
        if
        :: state[t] == WAITING -> state[t] = READY;
        :: state[t] != WAITING -> token[t] = true;
        fi;
    };
}

proctype interrupt() {
end:
    do
    :: wake(0);
    :: wake(1);
    :: wake(2);
    od;
}

#ifdef FAULT_JOIN
#define JOINED(t) (state[t] == TERMINATED)
#else
#define JOINED(t) (state[t] == TERMINATED && saved[t])
#endif

// Everybody ends one day, whoever waits is woken.
proctype joiner() {
    atomic { JOINED(0) -> freed[0] = true; assert(cores[0] == 0); };
    atomic { JOINED(1) -> freed[1] = true; assert(cores[1] == 0); };
    atomic { JOINED(2) -> freed[2] = true; assert(cores[2] == 0); };
}

init {
    atomic {
        state[0] = RUNNING;
        state[1] = RUNNING;
        cores[0] = 1;
        cores[1] = 1;
        saved[0] = true;
        saved[1] = true;
        saved[2] = true;
        saved[IDLE] = true;
        run core(0);
        run core(1);
        run interrupt();
        run joiner();
    };
}
