# judge.awk - the table, the verdicts and the finding of idle, from its CSV files. Memory
# and descriptors are counts: no neighbour on the machine disturbs them.

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

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "models.txt" { model[++models] = $1; next }
file == "machine.csv" { machine[$1] = $2; next }
FNR == 1 { next }
file == "predictions.csv" { expected[$1, $2] = $3 }
file == "walls.csv" { wall[$1] = $2 }
file == "limits.csv" { why[$1] = substr($0, length($1) + 2) }

# The sizes of a model by number, from the smallest; and of each the runs.
file == "runs.csv" {
    m = $1
    if (!((m, $2) in number)) {
        number[m, $2] = ++sizes[m]
        wanted[m, sizes[m]] = $2
    }
    k = number[m, $2]
    i = ++runs[m, k]
    n[m, k] = i == 1 || $3 < n[m, k] ? $3 : n[m, k]
    all_pss[m, k, i] = $4
    tasks[m, k] = $5
    processes[m, k] = $6
    open[m, k] = $7
    x = in_kernel($8, $9, $10, $3, machine["end"])
    if (x != "")
        kernel[m, k, ++kernels[m, k]] = x
    else
        disturbed[m, k] = $9 != "" && $3 >= 100
}

function no_verdict(m, text) {
    printf "%-13s %-10s %s\n", "not measured", m, text > (out "/verdicts.txt")
}

# Judges seen["now"], as the functions below and single() leave it.
function judge_it(kind, m, y, least, most, text) {
    states = states (states ? ", " : "") \
        in_table(verdict(kind, m, seen, "now", y, least, most, text))
}

function pss(m, k,    i, a) {
    for (i = 1; i <= runs[m, k]; i++)
        a[i] = all_pss[m, k, i]
    summary(a, runs[m, k], seen, "pss" SUBSEP k)
    return seen["pss", k, "mid"]
}

# KiB a client, from the smallest size to the largest; sets spread, its interval.
function each(m,    k, i, a, count) {
    k = sizes[m]
    spread = ""
    if (k < 2 || n[m, k] <= n[m, 1])
        return ""
    count = runs[m, k] < runs[m, 1] ? runs[m, k] : runs[m, 1]
    for (i = 1; i <= count; i++)
        a[i] = (all_pss[m, k, i] - all_pss[m, 1, i]) / (n[m, k] - n[m, 1])
    spread = within(a, count, "%.2f")
    summary(a, count, seen, "now")
    return seen["now", "mid"]
}

# And in the kernel, at a size; the server itself costs it little beside its clients.
function kernel_each(m, k,    i, a) {
    spread = ""
    if (!kernels[m, k])
        return ""
    for (i = 1; i <= kernels[m, k]; i++)
        a[i] = kernel[m, k, i]
    spread = within(a, kernels[m, k], "%.1f")
    summary(a, kernels[m, k], seen, "now")
    return seen["now", "mid"]
}

# It holds all it is asked for, or as its seats allow; or, where all are in one process,
# as its descriptors do. Who asks select(2) has only those below a wall.
function judge_most(m,    k, most, bound, own, of_each, because) {
    k = sizes[m]
    most = wanted[m, k]
    if (k > 1 && processes[m, k] == 1) {
        bound = m in wall ? wall[m] : machine["limit"]
        of_each = (open[m, 2] - open[m, 1]) / (n[m, 2] - n[m, 1])
        own = open[m, 1] - of_each * n[m, 1]
        if (int((bound - own) / of_each) < most) {
            most = int((bound - own) / of_each)
            because = sprintf(": %d descriptors, less %d of its own, %d a client", bound,
                own, of_each)
        }
    }
    single(n[m, k], seen, "now")
    if (most != wanted[m, k])
        against("all, " wanted[m, k], wanted[m, k])
    judge_it("holds", m, most, most, most, sprintf("holds %d of %d%s, predicted %d%s",
        n[m, k], wanted[m, k], m in why ? " (" why[m] ")" : "", most, because))
}

function judge_tasks(m,    k, e) {
    k = sizes[m]
    if (!((m, wanted[m, k]) in expected) && !(m in why))
        return
    e = (m, wanted[m, k]) in expected ? expected[m, wanted[m, k]] : n[m, k]
    if (e > n[m, k])
        e = n[m, k]
    single(tasks[m, k], seen, "now")
    if (n[m, k] > e + spare_tasks)
        against("one each, " n[m, k], n[m, k])
    else if (e > spare_tasks + 1)
        against("one for all", 1)
    judge_it("tasks", m, e, e * (1 - off_tasks), e * (1 + off_tasks) + spare_tasks,
        sprintf("%d threads and processes for %d clients, predicted %d and a few",
            tasks[m, k], n[m, k], e))
}

function judge_memory(m,    k, x, e, own, least, most, process) {
    k = sizes[m]
    x = each(m)
    if (x == "")
        return
    own = tasks[m, k] > n[m, k] / 2
    process = processes[m, k] > n[m, k] / 2
    least = !own ? "" : page * (process ? thread_most : thread_least)
    most = process ? "" : page * (own ? thread_most : small)
    if (!own)
        against("a thread\047s, " page * thread_least * 1.5, page * thread_least * 1.5)
    else
        against(process ? "a thread\047s, " page * thread_least * 1.5 : \
            "no stack, " page, process ? page * thread_least * 1.5 : page)
    as_a_range()
    judge_it("memory", m, process ? least : own ? middle_of_range(least, most) : most,
        least, most, sprintf("%.2f KiB a client, predicted %s: it has %s", x,
            process ? "more than " least : own ? least " to " most : "at most " most,
            !own ? "no task of its own" : process ? "a process of its own" : \
            "a stack of its own"))
    if (k < 3)
        return
    e = pss(m, 1) + (pss(m, 2) - pss(m, 1)) / (n[m, 2] - n[m, 1]) * (n[m, k] - n[m, 1])
    x = pss(m, k) / 1024
    against(sprintf("as for %d, %.1f", n[m, 2], pss(m, 2) / 1024), pss(m, 2))
    states = states ", " in_table(verdict("line", m, seen, "pss" SUBSEP k, e,
        e * (1 - off_line), e * (1 + off_line),
        sprintf("%.1f MiB for %d clients, predicted %.1f from fewer", x, n[m, k],
            e / 1024)))
}

# A socket, and a stack for each task; a process has page tables besides.
function judge_kernel(m,    k, x, e, own, process) {
    k = sizes[m]
    x = kernel_each(m, k)
    if (x == "") {
        if (disturbed[m, k])
            no_verdict(m, "the kernel\047s memory: others changed it meanwhile")
        return
    }
    own = tasks[m, k] > n[m, k] / 2
    process = processes[m, k] > n[m, k] / 2
    e = machine["end"] + (own ? machine["stack"] : 0)
    if (!process)
        against(sprintf(own ? "a socket alone, %.1f" : "a stack too, %.1f", e + \
            (own ? -1 : 1) * machine["stack"]), e + (own ? -1 : 1) * machine["stack"])
    judge_it("kernel", m, e, process ? e : e * least_kernel,
        process ? "" : e * most_kernel,
        sprintf("%.1f KiB a client in the kernel, predicted %s%.1f: a socket%s", x,
            process ? "more than " : "", e, !own ? "" : process ? \
            ", a stack, and page tables besides" : " and a stack"))
}

function report(m,    k, x, y) {
    states = ""
    k = sizes[m]
    x = each(m)
    print m "," x > (out "/bars.csv")
    if (!k) {
        no_verdict(m, why[m])
        printf "| **%s** | skipped: %s | | | | | | |\n", m, why[m] > table
        return
    }
    judge_most(m)
    judge_tasks(m)
    judge_memory(m)
    judge_kernel(m)
    y = kernel_each(m, k)
    y = y == "" ? "–" : sprintf("%.1f", y) spread
    x = each(m)
    printf "| **%s** | %d%s | %s | %s | %.1f | %d | %d | %s |\n", m, n[m, k],
        m in why ? ": " why[m] : "", x == "" ? "–" : sprintf("%.2f", x) spread, y,
        pss(m, k) / 1024, tasks[m, k], open[m, k], states > table
    printf "%s,%d,%s,%d,%d,%d,%d,%s\n", m, n[m, k], x, pss(m, k), tasks[m, k],
        processes[m, k], open[m, k], kernel_each(m, k) > (out "/table.csv")
    for (k = 1; k <= sizes[m]; k++) {
        if (n[m, k] < 1)
            continue
        printf "1,%s,%d,%.4f,0\n2,%s,%d,%d,0\n3,%s,%d,%d,0\n",
            m, n[m, k], pss(m, k) / 1024, m, n[m, k], tasks[m, k],
            m, n[m, k], open[m, k] > (out "/lines.csv")
        if (kernel_each(m, k) > 0)
            printf "4,%s,%d,%.4f,0\n", m, n[m, k],
                kernel_each(m, k) * n[m, k] / 1024 > (out "/lines.csv")
    }
}

# Who cannot be told from one whose clients cost x.
function who(x,    i, names) {
    for (i = 1; i <= models; i++)
        if (each(model[i]) != "" && each(model[i]) / x < 1.1 && x / each(model[i]) < 1.1)
            names = names (names ? ", " : "") model[i]
    return names
}

END {
    table = out "/table.md"
    print "model,connections,kib_each,pss_kib,tasks,processes,descriptors," \
        "kernel_kib_each" > (out "/table.csv")
    print "panel,model,x,y,odd" > (out "/lines.csv")
    print "label,memory of a silent client, KiB" > (out "/bars.csv")
    print "| | silent clients | KiB each | the kernel\047s, KiB each | MiB in all |" \
        " threads and processes | descriptors | holds, tasks, memory, line, kernel |" \
        > table
    print "|---|---|---|---|---|---|---|---|" > table
    for (i = 1; i <= models; i++) {
        m = model[i]
        report(m)
        x = each(m)
        if (x == "")
            continue
        if (least == "" || x < least) least = x
        if (most == "" || x > most) most = x
    }
    printf "\nUp to %d were asked for; a process may have %d descriptors here. KiB each" \
        " and MiB are the processes\047 own memory. The kernel\047s is what its slabs," \
        " its stacks, page tables and TCP\047s buffers grew by, without the clients\047" \
        " ends. %s\n",
        machine["wanted"], machine["limit"], levels() > table
    print tally("predictions") > (out "/verdicts.txt")
    if (most == "")
        print "Nothing could be measured" > (out "/finding.txt")
    else if (most < 1.1 * least)
        printf "A silent client costs %.2f KiB in %s\n", least,
            who(least) > (out "/finding.txt")
    else
        printf "A silent client costs %.2f KiB in %s, and %.0f in %s\n", least,
            who(least), most, who(most) > (out "/finding.txt")
    for (i = 1; i <= models; i++) {
        m = model[i]
        k = sizes[m]
        if (m in wall && n[m, k] < wanted[m, k])
            printf "%s stops at %d, before descriptor %d\n", m, n[m, k],
                wall[m] > (out "/finding.txt")
    }
}
