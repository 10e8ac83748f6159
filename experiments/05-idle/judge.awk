# judge.awk - idle: what the server and the kernel hold for a client that is silent.
#
# Measured, with ever more silent clients: memory, threads and processes, descriptors.
# Theory: a model holds as many clients as it has seats or descriptors for. It has as many
#   tasks as there can be blocking calls. Its memory is a line: up to two pages a client
#   without a task of its own, two to six with a thread's stack, more with a process. The
#   kernel holds a socket for each, and a stack for each task.
# Rivals: it holds all; a task each, or one for all; the other kind's stack; no growth.
# Refuted by any other number of clients, by 10 % and 8 tasks, or by an interval of the
#   memory outside of the bounds below.

BEGIN {
    page = 4                    # KiB
    small = 2                   # pages at most for a client without a task of its own
    thread_least = 2            # pages that a thread's stack and books have touched
    thread_most = 6
    off_line = 0.25             # of the memory at the largest size
    least_kernel = 0.5          # of a socket, and of a stack where there is one
    most_kernel = 1.75          # what it keeps besides to know a task is not predicted
    spare_tasks = 8             # besides those that clients need
    off_tasks = 0.1
}

# If all clients are in one process, its descriptors bound them; select(2) has a wall.
function judge_most(m, k,    most, bound, fit, because) {
    most = wanted[m, k]
    if (k > 1 && processes[m, k] == 1) {
        bound = m in wall ? wall[m] : machine["limit"]
        fit = clients_for(m, bound)
        if (fit < most) {
            most = fit
            because = sprintf(": %d descriptors, less %d of its own, %d a client", bound,
                own, of_each)
        }
    }
    single(n[m, k], v, "now")
    if (most != wanted[m, k])
        against("all, " wanted[m, k], wanted[m, k])
    verdict("holds", m, v, "now", most, most, most, sprintf("holds %d of %d%s," \
        " predicted %d%s", n[m, k], wanted[m, k], m in why ? " (" why[m] ")" : "", most,
        because))
}

function judge_tasks(m, k,    e) {
    e = n[m, k]
    if ((m, wanted[m, k]) in expected)
        e = expected[m, wanted[m, k]] < e ? expected[m, wanted[m, k]] : e
    else if (!(m in why))
        return
    single(tasks[m, k], v, "now")
    if (n[m, k] > e + spare_tasks)
        against("one each, " n[m, k], n[m, k])
    else if (e > spare_tasks + 1)
        against("one for all", 1)
    verdict("tasks", m, v, "now", e, e * (1 - off_tasks), e * (1 + off_tasks) + \
        spare_tasks, sprintf("%d threads and processes for %d clients, predicted %d and" \
        " a few", tasks[m, k], n[m, k], e))
}

function judge_memory(m,    kib, least, most, stack) {
    kib = median_of("each " m)
    if (kib == "")
        return
    stack = page * thread_least * 1.5
    least = page * (own_process(m) ? thread_most : thread_least)
    most = page * (own_task(m) ? thread_most : small)
    as_a_range()
    if (!own_task(m)) {
        against("a thread\047s, " stack, stack)
        verdict("memory", m, v, "each " m, most, "", most, memory_text(kib,
            "at most " most, "no task"))
    } else if (own_process(m)) {
        against("a thread\047s, " stack, stack)
        verdict("memory", m, v, "each " m, least, least, "", memory_text(kib,
            "more than " least, "a process"))
    } else {
        against("no stack, " page, page)
        verdict("memory", m, v, "each " m, middle_of_range(least, most), least, most,
            memory_text(kib, least " to " most, "a stack"))
    }
}

function memory_text(kib, predicted, has) {
    return sprintf("%.2f KiB a client, predicted %s: it has %s of its own", kib,
        predicted, has)
}

# The largest size, from the two smallest.
function judge_line(m, k,    e, key) {
    key = "pss " k " " m
    e = median_of("pss 1 " m) + (median_of("pss 2 " m) - median_of("pss 1 " m)) / \
        (n[m, 2] - n[m, 1]) * (n[m, k] - n[m, 1])
    against(sprintf("as for %d, %.1f", n[m, 2], v["pss 2 " m, "mid"] / 1024),
        v["pss 2 " m, "mid"])
    verdict("line", m, v, key, e, e * (1 - off_line), e * (1 + off_line),
        sprintf("%.1f MiB for %d clients, predicted %.1f from fewer",
            median_of(key) / 1024, n[m, k], e / 1024))
}

# Of a process more is predicted, for it has page tables besides.
function judge_kernel(m, k,    key, kib, e, other, process) {
    key = "kernel " k " " m
    kib = median_of(key)
    if (kib == "") {
        if (disturbed[m, k])
            say("not measured", m, "the kernel\047s memory: others changed it meanwhile")
        return
    }
    process = own_process(m)
    e = machine["end"] + (own_task(m) ? machine["stack"] : 0)
    other = e + (own_task(m) ? -1 : 1) * machine["stack"]
    if (!process)
        against(sprintf(own_task(m) ? "a socket alone, %.1f" : "a stack too, %.1f",
            other), other)
    verdict("kernel", m, v, key, e, process ? e : e * least_kernel,
        process ? "" : e * most_kernel,
        sprintf("%.1f KiB a client in the kernel, predicted %s%.1f: a socket%s", kib,
            process ? "more than " : "", e, !own_task(m) ? "" : process ? \
            ", a stack, and page tables besides" : " and a stack"))
}
