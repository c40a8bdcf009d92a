# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Faults of imports in threads."""

from faults.catalogue import fault

fault(
    "import-half-made",
    "Of two threads that import a module one gets it before its code has run.",
    "imports:gil",
    ("vm/import.c", "    return other;\n", "    return NULL;\n"),
)
fault(
    "import-failed-counts",
    "A module whose import raised in one thread is imported for the other.",
    "imports:gil",
    ("vm/import.c", "*elem = mp_map_lookup(map, key, kind);", "*elem = mp_map_lookup(map, key, kind & 1);"),
)
fault(
    "import-circle-waits",
    "Two threads that import modules which import each other wait for ever.",
    "imports:gil",
    ("vm/import.c", "            if (t == self) {\n", "            if (t == self && name == 0) {\n"),
)
fault(
    "import-join-unseen",
    "A module that joins a thread which imports the module waits for ever.",
    "import_waits:gil",
    ("vm/import.c", "    if (t->waits_for == CORE_WAIT_JOIN) {", "    if (false) {"),
)
fault(
    "import-join-without-limit",
    "A module that joins such a thread for a second only is given to it half made.",
    "import_waits:gil",
    ("core/thread.c", "deadline_us == CORE_FOREVER ? CORE_WAIT_JOIN : CORE_WAIT_JOIN_UNTIL", "CORE_WAIT_JOIN"),
)
fault(
    "import-outlives-reset",
    "After a soft reset a module waits for its import by a thread that is gone.",
    "reset-kinds:gil",
    ("vm/thread.c", "    heddle_imports_forget();\n", ""),
)
fault(
    "import-without-memory",
    "An import that finds no memory leaves a module that is nothing, and the next one crashes.",
    "nth_faults:gil-testing",
    ("vm/import.c", "elem != NULL && elem->value == MP_OBJ_NULL)", "elem == NULL && false)"),
    ("vm/import.c", "elem == NULL || copy->value == MP_OBJ_NULL ?", "elem == NULL ?"),
)
fault(
    "import-unlocked",
    "Without a GIL sys.modules grows while another thread looks something up in it.",
    "host/import_waits:nogil-testing",
    (
        "vm/import.c",
        "    if (!core_mutex_try(&MP_STATE_MEM(gc_mutex))) {\n",
        "    if (core_mutex_try(&MP_STATE_MEM(gc_mutex))) {\n"
        "        core_mutex_unlock(&MP_STATE_MEM(gc_mutex));\n    } else {\n",
    ),
    (
        "vm/import.c",
        "    core_mutex_unlock(&MP_STATE_MEM(gc_mutex));\n    #endif\n}\n\n// A copy",
        "    #endif\n}\n\n// A copy",
    ),
)
