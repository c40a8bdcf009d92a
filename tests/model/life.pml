// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A thread's life against collectors and a soft reset. Mirrors core/thread.c: core_create_begin to core_thread_join,
// core/reset.c, of vm/thread.c heddle_thread_create, create, block_take and core_vm_free, and of vm/gc.c gc_collect.
// A critical section is one step, so nobody is stopped inside one. `mutex` is core_vm_list_lock: the gc mutex, or the
// GIL, which is held for longer and so allows less. Of the kernel there is what include/rtos.h promises: a thread that
// exited or was aborted leaves its core some time later, and a join succeeds after that. Waits are taken to wake as
// they should, which is gil.pml's business. A stopped thread is one whose process must not go on (`provided`).
//
// The main thread creates, collects and joins, and then resets. Threads create, collect, join each other, and leave
// when they like or never. There are as many blocks of memory as threads; a block's number is its thread's.
#ifdef THREE
#define S 3
#define IDENTS 3
#else
#define S 2
#define IDENTS 4
#endif
#define MAIN 0
#define NOBODY 7

// t->state
#define NEW 0
#define LISTED 1
#define RUNNING 2
#define EXITED 3
#define REAPING 4

// What the kernel knows of a thread.
#define NONE 0
#define SUSPENDED 1
#define STARTED 2
#define ENDED 3 // exited or aborted, maybe still on a core
#define OFF 4

byte state[S + 1];
byte next[S + 1]; // all 0: a ring of the main thread alone
byte prev[S + 1];
byte ident[S + 1];
byte joins[S + 1] = NOBODY; // whose t->joiners it is in
byte kernel[S + 1];
bool used[S + 1]; // the block is allocated
byte spare;
byte last_ident;
byte exited;
byte live;
byte creating;
bool closed;
bool reap_held;
byte mutex = NOBODY;
byte world = NOBODY; // the process that has stopped it

// What a collector sees, and what the properties look at.
byte frame[S + 1]; // the block that a thread's stack refers to
bool marked[S + 1];
bool scanned[S + 1];
bool aborted[S + 1];

hidden byte i;

// The memory that a thread runs on is its own, and an aborted thread never runs.
#define LIVES(me) assert(me == MAIN || (used[me] && spare != me && !aborted[me]))

#define OFF_CORE(t) (kernel[t] == NONE || kernel[t] == OFF)

inline lock(me) {
    atomic {
        mutex == NOBODY -> mutex = me;
        LIVES(me);
    };
}

inline unlock() {
    mutex = NOBODY;
}

// ---- rtos_thread_join, without a wait

#ifdef FAULT_FREED
// Memory is freed before the join.
#define JOINED(t) true
#define JOIN(t) true
#else
#define JOINED(t) (kernel[t] == OFF)
#define JOIN(t) d_step { JOINED(t) -> kernel[t] = NONE; }
#endif

// ---- core_reap, with core_vm_free

inline reap(me, wait) {
    t = next[MAIN];
    do
    :: reap_held || exited == 0 || t == MAIN -> break;
    :: !reap_held && exited != 0 && t != MAIN ->
        atomic {
            assert(used[t] && spare != t); // the walker reads the record
            after = next[t];
        };
        if
#ifdef FAULT_REAPERS
        :: state[t] == EXITED -> state[t] = REAPING;
#else
        :: d_step { state[t] == EXITED -> state[t] = REAPING; };
#endif
            if
            :: JOIN(t);
                d_step {
                    exited--;
                    next[prev[t]] = next[t];
                    prev[next[t]] = prev[t];
                };
                free(t);
            :: !wait && !JOINED(t) -> state[t] = EXITED;
            fi;
        :: state[t] != EXITED -> skip;
        fi;
        t = after;
    od;
    t = MAIN;
    after = MAIN;
}

inline free(t) {
    d_step {
        assert(used[t] && spare != t && OFF_CORE(t));
        if
        :: spare == 0 -> spare = t;
        :: else -> used[t] = false;
        fi;
        state[t] = NEW;
        next[t] = 0;
        prev[t] = 0;
        ident[t] = 0;
        aborted[t] = false;
    };
}

// ---- gc_collect

// Who has been started and has not ended was scanned.
#define SEEN(t) (kernel[t] != STARTED || state[t] > RUNNING || scanned[t])

inline collect(me, locked) {
    if
    :: locked -> skip;
    :: !locked -> lock(me);
    fi;
    reap(me, false);
#ifndef FAULT_SPARE
    spare = 0;
#endif
#ifndef FAULT_STOP
    atomic { world == NOBODY -> world = _pid; };
#endif
    // mark_threads and scan_threads
    t = MAIN;
    do
    :: scan(t, me);
        t = next[t];
        if
        :: t == MAIN -> break;
        :: else
        fi;
    od;
    assert(SEEN(1) && SEEN(2) && SEEN(S));
    world = NOBODY;
    sweep();
    if
    :: locked -> skip;
    :: !locked -> unlock();
    fi;
}

inline scan(t, me) {
    atomic {
        marked[t] = true;
        if
        :: t == MAIN || t == me || state[t] <= RUNNING ->
            scanned[t] = true;
#ifndef FAULT_ROOT
            marked[frame[t]] = true;
#endif
        :: else
        fi;
    };
}

inline sweep() {
    d_step {
        i = 0;
        do
        :: i > S -> break;
        :: else ->
            if
            :: i != MAIN && used[i] && !marked[i] -> assert(OFF_CORE(i)); used[i] = false;
            :: else
            fi;
            marked[i] = false;
            scanned[i] = false;
            i++;
        od;
    };
}

// ---- heddle_thread_create

// core_create_begin
inline create_begin() {
#ifdef FAULT_CLOSED
    creating++;
    begun = true;
#elif defined(FAULT_ORDER)
    // Two words and no critical section: what `closed` was may be read before others see the count.
    begun = !closed;
    creating = creating + begun;
#else
    d_step {
        begun = !closed;
        creating = creating + begun;
    };
#endif
}

// The block that the creator's stack refers to.
#define IT frame[me]
#define NOTHING 0

inline create(me) {
    create_begin();
    if
    :: !begun -> skip;
    :: begun ->
        begun = false;
#if defined(FAULT_REAPERS) || defined(FAULT_LIST)
        reap(me, false); // without core_vm_list_lock
#else
        lock(me);
        reap(me, false);
        unlock();
#endif
        block_take(me);
        if
        :: IT == NOTHING -> skip; // no memory
        :: IT != NOTHING -> fill(me);
            if
            :: list_and_start(me);
            :: kernel_refuses(me);
            fi;
            IT = NOTHING;
        fi;
        creating--;
    fi;
}

#define FREE_BLOCK (!used[1] || !used[2] || !used[S])

inline block_take(me) {
    if
    :: d_step { spare != 0 -> IT = spare; spare = 0; };
    :: spare == 0 ->
        lock(me);
        if
        :: FREE_BLOCK;
        :: collect(me, true);
        fi;
        d_step {
            if
            :: !used[1] -> IT = 1;
            :: used[1] && !used[2] -> IT = 2;
            :: used[1] && used[2] -> IT = (used[S] -> NOTHING : S);
            fi;
            used[IT] = true; // or main's, which is
            mutex = NOBODY;
        };
    fi;
}

// create() up to core_thread_start.
inline fill(me) {
    d_step {
        LIVES(me);
        assert(used[IT] && spare != IT && state[IT] == NEW && OFF_CORE(IT));
        last_ident++;
        ident[IT] = last_ident;
        kernel[IT] = SUSPENDED;
    };
}

inline kernel_refuses(me) {
    lock(me);
    d_step {
        assert(kernel[IT] == SUSPENDED);
        kernel[IT] = NONE;
        ident[IT] = 0;
        used[IT] = false;
        mutex = NOBODY;
    };
}

inline list_and_start(me) {
#ifdef FAULT_STARTED
    start(me);
    list(me);
#else
    list(me);
    start(me);
#endif
}

inline list(me) {
#ifdef FAULT_CRITICAL
    // Not one critical section.
    prev[IT] = prev[MAIN];
    next[IT] = MAIN;
    next[prev[IT]] = IT;
    d_step {
        prev[MAIN] = IT;
        state[IT] = LISTED;
        live++;
    };
#else
    d_step {
        assert(used[IT] && spare != IT);
        prev[IT] = prev[MAIN];
        next[IT] = MAIN;
        next[prev[IT]] = IT;
        prev[MAIN] = IT;
        state[IT] = LISTED;
        live++;
    };
#endif
}

inline start(me) {
    d_step {
        assert(used[IT] && spare != IT && kernel[IT] == SUSPENDED);
        kernel[IT] = STARTED;
    };
}

// ---- a thread's end

inline thread_ended(t) {
    atomic {
        state[t] = EXITED;
        exited++;
        live--;
    };
#ifndef THREE
    do
    :: joins[0] != t && joins[1] != t && joins[2] != t -> break;
    :: joins[0] == t -> joins[0] = NOBODY;
    :: joins[1] == t -> joins[1] = NOBODY;
    :: joins[2] == t -> joins[2] = NOBODY;
    od;
#endif
}

// ---- core_thread_join; a thread's may end by a timeout or a request to leave

inline join(me, timed) {
    if
    :: wanted = 1;
    :: wanted = 2;
    fi;
    lock(me);
    t = MAIN; // core_thread_at
    do
    :: t = next[t];
        if
        :: t == MAIN || ident[t] == wanted -> break;
        :: else
        fi;
    od;
    wanted = 0;
#ifdef FAULT_JOINER
    // It looks outside of the critical section, and then queues for what has ended meanwhile.
    if
    :: t != MAIN && t != me && state[t] <= RUNNING -> joins[me] = t;
    :: else
    fi;
    unlock();
    t = MAIN;
#else
    atomic {
        mutex = NOBODY;
        if
        :: t != MAIN && t != me && state[t] <= RUNNING -> joins[me] = t;
        :: else
        fi;
        t = MAIN;
    };
#endif
    if
    :: joins[me] == NOBODY;
    :: timed -> joins[me] = NOBODY;
    fi;
    LIVES(me);
}

// With three threads there is a pair of creators, nobody joins, and the others just end.
#define CREATES(me) (S == 2 || me == 1)

proctype child(byte me) provided (world == NOBODY || world == _pid) {
    byte t;
    byte after;
    byte wanted;
    bool begun;
end:
    do
    :: kernel[me] == STARTED ->
        {
            // thread_main
            d_step {
                LIVES(me);
                state[me] = (state[me] == LISTED -> RUNNING : state[me]);
            };
            do
            :: last_ident < IDENTS && CREATES(me) -> create(me);
            :: CREATES(me) -> collect(me, false);
#ifndef THREE
            :: join(me, true);
#endif
            :: break;
            od;
            thread_ended(me);
            // rtos_thread_exit: marked, and off the core later
            atomic { LIVES(me); kernel[me] = ENDED; };
        } unless { kernel[me] == ENDED };
    :: atomic {
            kernel[me] == ENDED ->
            assert(used[me] && spare != me); // its core still uses it
            kernel[me] = OFF;
            frame[me] = 0;
            t = 0;
            after = 0;
            wanted = 0;
            begun = false;
        };
    od;
}

// ---- the soft reset

inline ask_all(me) {
    lock(me);
#ifndef FAULT_HELD
    reap_held = true;
#endif
    it = next[MAIN];
    do
    :: it == MAIN -> break;
    :: it != MAIN ->
        if
        :: state[it] <= RUNNING -> collect(me, true); // an exception is made for it
        :: skip;
        fi;
        atomic {
            assert(used[it] && spare != it);
            it = next[it];
        };
    od;
    reap_held = false;
    unlock();
}

inline end_thread(me) {
    joins[it] = NOBODY;
    if
    :: state[it] <= RUNNING -> thread_ended(it);
    :: else
    fi;
    atomic {
        if
        :: kernel[it] == STARTED -> kernel[it] = ENDED; aborted[it] = true;
        :: else -> assert(kernel[it] != SUSPENDED); // creations are over
        fi;
    };
}

inline reset_end(me) {
    atomic { world == NOBODY -> world = _pid; };
    it = next[MAIN];
    do
    :: it == MAIN -> break;
    :: it != MAIN -> end_thread(me); it = next[it];
    od;
    world = NOBODY;
#ifdef FAULT_RESET_JOIN
    reap(me, false);
#else
    reap(me, true);
#endif
}

#ifdef FAULT_REVIVE
// A wake-up that comes late, and a kernel that lets it bring a thread back.
proctype interrupt() {
end:
    do
    :: atomic { aborted[1] && kernel[1] == ENDED -> kernel[1] = STARTED; };
    od;
}
#endif

proctype main_thread(byte me) provided (world == NOBODY || world == _pid) {
    byte t;
    byte after;
    byte wanted;
    bool begun;
    byte it;
    do
    :: last_ident < IDENTS -> create(me);
    :: collect(me, false);
#ifndef THREE
    :: join(me, false);
#endif
    :: break;
    od;
    closed = true;
#ifndef FAULT_CREATING
    creating == 0;
#endif
    ask_all(me);
    // It waits for live == 0, but not for ever.
    lock(me);
    reset_end(me);
    unlock();
    // Nobody is lost.
    assert(next[MAIN] == MAIN && prev[MAIN] == MAIN && exited == 0 && live == 0);
    assert(kernel[1] == NONE && kernel[2] == NONE && kernel[S] == NONE);
}

init {
    atomic {
        state[MAIN] = RUNNING;
        used[MAIN] = true;
#ifdef FAULT_REVIVE
        run interrupt();
#endif
        run child(1);
        run child(2);
#ifdef THREE
        run child(3);
#endif
        run main_thread(MAIN);
    };
}
