# judge.awk - persistence: what many clients get from a database, by how long a query is
# and how many lines lead there; and whether it matters who waits.
#
# Measured: queries a second of 64 clients, by the time S that a query takes a lone client
#   and by the number k of lines; CPU time of server, client and database per query.
# Theory: a line does one query after the other, so X = k / S; until the CPU is full,
#   X = 1 / c, with c from the next fewer lines, and from the server alone if it has only
#   one task. How the model waits is not in it. SQLite is no line to anywhere: a query
#   computes in the server, and a loop does one at a time, 1 / S.
# Rivals: all clients at once; lines help for ever; async is faster; k queries at once.
# Refuted if the interval of measured ÷ predicted, over all such cells, is outside of the
#   bounds. What lies in the bend, where both bounds are near, is drawn and not judged.

BEGIN {
    bend = 3                    # one bound is so many times the other, to be judged
    off_lines = 1.25            # measured ÷ predicted, either way
    off_cpu = 1.7
    off_same = 1.25
    off_sqlite = 1.35
    faster = 1.5                # what a rival hopes for
    foreign = 0.2               # of all cores, used by others: disturbed
    starting = 3e7              # ns of CPU that the client takes to begin and end
}

file == "tasks.csv" {
    tasks[$1] = field("tasks")
    asked[++askeds] = $1
}

file == "alone.csv" { add("alone " field("query"), field("ns") / 1e9, 0, $1) }

file == "runs.csv" {
    q = field("query")
    k = field("lines")
    key = q " " k " " field("model")
    n = field("messages")
    ours = field("server_ns") + field("client_ns") + field("behind_ns")
    odd = field("busy_ticks") * 1e7 - ours - starting > \
        foreign * field("us") * 1e3 * machine["cores"]
    add("per_s " key, field("per_s"), odd, $1)
    add("server " key, field("server_ns") / n / 1e9, odd, $1)
    add("all " key, ours / n / 1e9, odd, $1)
    clients[key] = field("clients")
    if (!(q in sizes))
        query[++queries] = q
    if (!((q, k) in numbered)) {
        numbered[q, k]
        size[q, ++sizes[q]] = k
    }
}

# What a query takes that nobody else waits for, in seconds.
function alone(q) { return middle_of("alone " q) }

# What k lines allow.
function allowed(q, k) { return k / alone(q) }

# What the CPU allows, by what a query cost over so many lines: a server of one task has
# one core, and all together have all.
function capacity(m, q, k,    key, all, own) {
    key = q " " k " " m
    if (!count["all " key])
        return ""
    all = machine["cores"] / middle_of("all " key)
    own = 1 / middle_of("server " key)
    return tasks[m] == 1 && own < all ? own : all
}

# What bounds the i-th number of lines: "lines", "cpu", or "bend" if it is not clear.
function bound(m, q, i,    cpu) {
    cpu = capacity(m, q, size[q, i > 1 ? i - 1 : i])
    if (cpu == "" || !count["per_s " q " " size[q, i] " " m])
        return ""
    if (allowed(q, size[q, i]) * bend <= cpu)
        return "lines"
    return i > 1 && allowed(q, size[q, i]) >= bend * cpu ? "cpu" : "bend"
}

# Samples of measured ÷ predicted under "WHAT MODEL", for every run of a cell; and of the
# rival's ÷ predicted.
function add_cell(what, m, cell, predicted, rival,    i, key) {
    key = "per_s " cell
    for (i = 1; i <= count[key]; i++) {
        add(what " " m, sample[key, i] / predicted, bad[key, i], block[key, i])
        add(what " rival " m, rival / predicted, 0, block[key, i])
    }
}

# Every cell of a model goes to what bounds it; example[] is the one that is told.
function sort_cells(m,    j, i, q, k, cell, what, cpu) {
    for (j = 1; j <= queries; j++) {
        q = query[j]
        for (i = 1; q != "sqlite" && i <= sizes[q]; i++) {
            k = size[q, i]
            cell = q " " k " " m
            what = bound(m, q, i)
            if (what == "lines") {
                add_cell(what, m, cell, allowed(q, k), clients[cell] / alone(q))
                add_ratios("same " m, "per_s " cell, "per_s " q " " k " " beside)
            } else if (what == "cpu") {
                cpu = capacity(m, q, size[q, i - 1])
                add_cell(what, m, cell, cpu, allowed(q, k))
            } else
                continue
            example[m, what] = sprintf("%s over %s: %s a second, %s", named(q),
                lines(k), three(middle_of("per_s " cell)), what == "lines" ? \
                "k / S = " three(allowed(q, k)) : "1 / c = " three(cpu))
        }
    }
}

function named(q) { return q == "point" ? "a point query" : "queries of " q " ms" }
function lines(k) { return k (k == 1 ? " line" : " lines") }

function judge_cells(m, what, off, rival_name,    key, r) {
    key = what " " m
    if (median_of(key) == "") {
        say("not measured", m, what == "lines" ? "no number of lines is the bound" : \
            "the CPU is never the bound")
        return
    }
    r = middle_of(what " rival " m)
    if (r > 1)
        against(rival_name ", " three(r) " times that", r)
    verdict(what, m, v, key, 1, 1 / off, off, example[m, what] \
        " (" count[key] (count[key] == 1 ? " run" : " runs") " in all)")
}

# A loop beside threads, over the same lines.
function judge_same(m,    key) {
    key = "same " m
    if (tasks[m] > 1 || m == beside)
        return
    if (median_of(key) == "") {
        say("not measured", m, "beside " beside ": no run of both")
        return
    }
    against("async is faster, " faster, faster)
    verdict("same", m, v, key, 1, 1 / off_same, off_same,
        sprintf("%s times as many as in %s over the same lines, predicted 1",
            three(v[key, "mid"]), beside))
}

# SQLite computes in the server: what works at a time is bounded by cores and by tasks.
function judge_sqlite(m,    k, key, at_once) {
    k = size["sqlite", sizes["sqlite"]]
    key = "per_s sqlite " k " " m
    if (!count[key])
        return
    at_once = tasks[m] == 1 ? 1 : k < machine["cores"] ? k : machine["cores"]
    add_cell("sqlite", m, "sqlite " k " " m, at_once / alone("sqlite"),
        k / alone("sqlite"))
    median_of("sqlite " m)
    against("k at once, " three(allowed("sqlite", k)), k / at_once)
    verdict("sqlite", m, v, "sqlite " m, 1, 1 / off_sqlite, off_sqlite,
        sprintf("SQLite, %s ms, over %s: %s a second, %s / S = %s",
            three(alone("sqlite") * 1e3), lines(k), three(middle_of(key)), at_once,
            three(at_once / alone("sqlite"))))
}

# Where more tasks than one wait: thread, or the first of that kind.
function choose_beside(    i) {
    for (i = askeds; i >= 1; i--)
        if (tasks[asked[i]] > 1 && (beside != "thread"))
            beside = asked[i]
}

# The point query first, then the longer the later, and SQLite at the end; few lines
# before many.
function in_order(    i, j, n, a, q, x) {
    for (i = 2; i <= queries; i++) {
        x = query[i]
        for (j = i - 1; j > 0 && rank_of(query[j]) > rank_of(x); j--)
            query[j + 1] = query[j]
        query[j + 1] = x
    }
    for (i = 1; i <= queries; i++) {
        q = query[i]
        for (j = 1; j <= sizes[q]; j++)
            a[j] = size[q, j] + 0
        sort(a, sizes[q])
        for (j = 1; j <= sizes[q]; j++)
            size[q, j] = a[j]
    }
}

function rank_of(q) { return q == "point" ? 0 : q == "sqlite" ? 1e9 : q + 0 }

function judge(m) {
    sort_cells(m)
    judge_cells(m, "lines", off_lines, "all clients at once")
    judge_cells(m, "cpu", off_cpu, "as many as lines")
    judge_same(m)
    judge_sqlite(m)
}
