// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The runner: chooses cases, runs them one after another in the first thread, and says how each ended.
#include "contract.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const contract_case_t *const files[] = {
    time_cases, thread_cases, join_cases, stack_cases, priority_cases, world_cases, token_cases, crit_cases,
    tick_cases, context_cases,
};

static const char *words; // the arguments
static bool exact;

// The case that is running, and where in `files` it stands.
static struct {
    size_t file;
    const contract_case_t *at;
} current;

static unsigned passed, not_applicable;

// The kind of fault; which step is struck, none for 0; how many there were in this run.
static struct {
    const char *kind;
    uint32_t n;
    uint32_t count;
} fault;

static size_t length(const char *text) {
    size_t n = 0;
    while (text[n] != '\0') {
        n += 1;
    }
    return n;
}

static bool starts_with(const char *text, const char *start, size_t len) {
    for (size_t i = 0; i < len; ++i) {
        if (text[i] != start[i]) {
            return false;
        }
    }
    return true;
}

// Write all parts, up to a NULL, and a newline.
static void say(const char *const *parts) {
    for (; *parts != NULL; ++parts) {
        contract_write(*parts, length(*parts));
    }
    contract_write("\n", 1);
}
#define SAY(...) say((const char *const []) { __VA_ARGS__, NULL })

// `value` in decimal, at the end of `buffer`.
static const char *decimal(int64_t value, char buffer[24]) {
    char *p = buffer + 23;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    *p = '\0';
    do {
        *--p = '0' + left % 10;
        left /= 10;
    } while (left != 0);
    if (value < 0) {
        *--p = '-';
    }
    return p;
}

static bool is_in_word(char c) {
    return c != ' ' && c != '\0';
}

// What follows `key` in the arguments, up to the next space; false when it is not there.
static bool argument(const char *key, const char **value) {
    for (const char *word = words; *word != '\0'; word += *word == ' ') {
        size_t len = 0;
        while (is_in_word(word[len])) {
            len += 1;
        }
        size_t key_len = length(key);
        if (len >= key_len && starts_with(word, key, key_len)) {
            *value = word + key_len;
            return true;
        }
        word += len;
    }
    return false;
}

static uint32_t number_at(const char *digit) {
    uint32_t value = 0;
    for (; *digit >= '0' && *digit <= '9'; ++digit) {
        value = 10 * value + (*digit - '0');
    }
    return value;
}

// Whether an argument is this word.
static bool is_word(const char *value, const char *word) {
    size_t len = length(word);
    return starts_with(value, word, len) && !is_in_word(value[len]);
}

// The next case; NULL after the last.
static const contract_case_t *next_case(void) {
    current.at = current.at == NULL ? files[0] : current.at + 1;
    while (current.at->name == NULL) {
        if (++current.file == COUNT(files)) {
            return NULL;
        }
        current.at = files[current.file];
    }
    return current.at;
}

// Whether there is a case called so; it is the current one then.
static bool find_case(const char *name) {
    while (next_case() != NULL) {
        if (is_word(name, current.at->name)) {
            return true;
        }
    }
    SAY("no case is called ", name);
    return false;
}

static const char *missing(unsigned needs) {
    if ((needs & STRICT) && !CONTRACT_STRICT) {
        return "needs strict priorities";
    }
    if ((needs & SEVERAL_CORES) && rtos_core_count() == 1) {
        return "needs several cores";
    }
    if ((needs & ONE_CORE) && rtos_core_count() > 1) {
        return "is about one core";
    }
    if ((needs & REAL) && CONTRACT_SIMULATED) {
        return "needs a real processor";
    }
    if ((needs & UNASKED) && CONTRACT_POLLED) {
        return "needs stops that no call asks for";
    }
    #ifdef NDEBUG
    if (needs & ASSERTS) {
        return "needs a build with assertions";
    }
    #endif
    return NULL;
}

static void begin(void) {
    SAY("case ", current.at->name, " ", current.at->section);
}

// Strict priorities are those of one core: a case that is about them keeps all its threads there.
static void use_cores(unsigned mask) {
    if (rtos_core_count() > 1) {
        CHECK_IS(rtos_thread_set_affinity(rtos_thread_self(), mask), 0);
        pool_cores = mask;
    }
}

bool contract_strikes(const char *kind) {
    return fault.kind != NULL && is_word(fault.kind, kind)
           && __atomic_add_fetch(&fault.count, 1, __ATOMIC_SEQ_CST) == rtos_peek(fault.n);
}

bool contract_struck(void) {
    return fault.n != 0 && __atomic_load_n(&fault.count, __ATOMIC_SEQ_CST) >= fault.n;
}

// With the nth step struck, none for 0: whether the case has one.
static bool run_once(uint32_t n) {
    pool_begin();
    use_cores(current.at->needs & STRICT ? 1 : UINT32_MAX);
    __atomic_store_n(&fault.count, 0, __ATOMIC_SEQ_CST);
    rtos_poke(fault.n, n);
    current.at->run();
    bool struck = contract_struck();
    rtos_poke(fault.n, 0);
    CHECK(!rtos_masked());
    CHECK(rtos_tls() == NULL);
    pool_check();
    rtos_park(RTOS_NO_WAIT); // an old token is nobody's
    return struck;
}

// Fewer and fewer of the steps: how many were struck.
static unsigned run_faults(void) {
    const char *value;
    unsigned struck = 0;
    uint32_t n = argument("n=", &value) ? number_at(value) : 1;
    while (run_once(n)) {
        struck += 1;
        n *= 2;
    }
    return struck;
}

static void run_case(void) {
    const contract_case_t *c = current.at;
    const char *reason = missing(c->needs);
    if (reason != NULL) {
        SAY("n/a  ", c->name, " ", c->section, ": ", reason);
        not_applicable += 1;
        return;
    }
    if (fault.kind == NULL) {
        run_once(0);
        SAY("ok   ", c->name, " ", c->section);
    } else {
        char number[24];
        SAY("ok   ", c->name, " ", c->section, ": ", decimal(run_faults(), number), " struck");
    }
    passed += 1;
}

static void run_cases(void *arg) {
    const char *name;
    (void)arg;
    contract_started();
    run_case();
    while (!argument("case=", &name) && next_case() != NULL) {
        begin();
        run_case();
    }
    char number[2][24];
    SAY("done: ", decimal(passed, number[0]), " passed, ", decimal(not_applicable, number[1]), " n/a");
    contract_exit(passed + not_applicable == 0);
}

static void list_cases(void) {
    while (next_case() != NULL) {
        SAY(current.at->name, " ", current.at->section, ": ", current.at->promise);
    }
    contract_exit(0);
}

// The first case to run is the current one; false when there is none.
static bool choose(void) {
    const char *name;
    if (argument("case=", &name)) {
        return find_case(name);
    }
    if (argument("after=", &name) && !find_case(name)) {
        return false;
    }
    return next_case() != NULL;
}

void contract_main(const char *arguments) {
    static rtos_thread_t first;
    static uint8_t stack[2 * RTOS_STACK_DEFAULT] __attribute__((aligned(RTOS_STACK_ALIGN)));
    static const rtos_thread_config_t config = {
        .entry = run_cases, .stack = stack, .stack_size = sizeof(stack), .name = "contract",
        .priority = RTOS_PRIORITY_PYTHON, .stoppable = true,
    };
    const char *value;
    words = arguments;
    exact = argument("exact", &value);
    argument("fault=", &fault.kind);
    if (argument("list", &value)) {
        list_cases();
    }
    if (!choose()) {
        SAY("done: 0 passed, 0 n/a");
        contract_exit(1);
    }
    begin();
    context_before_start();
    rtos_start(&first, &config);
}

bool contract_exact(void) {
    return exact && !contract_struck();
}

// The part of a path behind its last slash.
static const char *base(const char *path) {
    const char *name = path;
    for (; *path != '\0'; ++path) {
        name = *path == '/' ? path + 1 : name;
    }
    return name;
}

void contract_fail(const char *file, int line, const char *expr) {
    char number[2][24];
    SAY("FAIL ", current.at->name, " ", current.at->section, ": ", base(file), ":", decimal(line, number[0]), ": ",
        expr, fault.n == 0 ? "" : ", n=", fault.n == 0 ? "" : decimal(fault.n, number[1]));
    contract_exit(1);
}

void contract_range(const char *file, int line, const char *expr, int64_t value, int64_t low, int64_t high) {
    if (value >= low && value <= high) {
        return;
    }
    char number[5][24];
    SAY("FAIL ", current.at->name, " ", current.at->section, ": ", base(file), ":", decimal(line, number[0]), ": ",
        expr, " is ", decimal(value, number[1]), ", not ", decimal(low, number[2]),
        low == high ? "" : " to ", low == high ? "" : decimal(high, number[3]),
        fault.n == 0 ? "" : ", n=", fault.n == 0 ? "" : decimal(fault.n, number[4]));
    contract_exit(1);
}

void contract_dies(const char *how) {
    SAY("dies ", current.at->name, " ", current.at->section, ": ", how);
}
