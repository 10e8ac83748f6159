# judge.awk - the table, the verdicts and the finding of idle, from its CSV files. Memory
# and descriptors are counts: no neighbour on the machine disturbs them.

BEGIN {
    page = 8                    # KiB: who has no task of its own costs less, others more
    off_line = 0.25             # of the memory at the largest size
    spare_tasks = 8             # besides those that clients need
    off_tasks = 0.1
}

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "models.txt" { model[++models] = $1; next }
file == "machine.csv" { machine[$1] = $2; next }
FNR == 1 { next }
file == "predictions.csv" { expected[$1, $2] = $3 }
file == "walls.csv" { wall[$1] = $2 }
file == "limits.csv" { stopped[$1] = $2; why[$1] = substr($0, length($1 $2) + 3) }

file == "runs.csv" {
    m = $1
    k = ++runs[m]
    wanted[m, k] = $2
    n[m, k] = $3
    pss[m, k] = $4
    tasks[m, k] = $5
    processes[m, k] = $6
    open[m, k] = $7
}

function verdict(state, m, text) {
    printf "%-13s %-10s %s\n", state, m, text > (out "/verdicts.txt")
    judged += state != "not measured"
    held += state == "held"
    states = states (states ? ", " : "") in_table(state)
}

function says(ok) { return ok ? "held" : "DID NOT HOLD" }

# KiB a client, from the smallest size to the largest.
function each(m,    k) {
    k = runs[m]
    return k > 1 && n[m, k] > n[m, 1] ? (pss[m, k] - pss[m, 1]) / (n[m, k] - n[m, 1]) : ""
}

# It holds all it is asked for, or as its seats allow, or the descriptors below the wall.
function judge_most(m,    k, others) {
    k = runs[m]
    if (m in wall && k > 1) {
        others = open[m, 1] - n[m, 1]
        verdict(says(n[m, k] == wall[m] - others || (n[m, k] == wanted[m, k] &&
            wanted[m, k] < wall[m])), m,
            sprintf("holds %d, predicted %d descriptors less %d of its own",
                n[m, k], wall[m], others))
    } else
        verdict(says(n[m, k] == wanted[m, k]), m, sprintf("holds %d of %d%s",
            n[m, k], wanted[m, k], m in why ? " (" why[m] ")" : ""))
}

function judge_tasks(m,    k, e) {
    k = runs[m]
    if (!((m, wanted[m, k]) in expected) && !(m in stopped))
        return
    e = (m, wanted[m, k]) in expected ? expected[m, wanted[m, k]] : n[m, k]
    if (e > n[m, k])
        e = n[m, k]
    verdict(says(tasks[m, k] >= e * (1 - off_tasks) &&
        tasks[m, k] <= e * (1 + off_tasks) + spare_tasks), m,
        sprintf("%d threads and processes for %d clients, predicted %d and a few",
            tasks[m, k], n[m, k], e))
}

function judge_memory(m,    k, e, own) {
    k = runs[m]
    if (each(m) == "")
        return
    own = tasks[m, k] > n[m, k] / 2
    verdict(says(own ? each(m) > page : each(m) < page), m,
        sprintf("%.2f KiB a client, predicted %s than %d," \
        " since it has %s", each(m), own ? "more" : "less", page,
            own ? "a task of its own" : "none"))
    if (k < 3)
        return
    e = pss[m, 1] + (pss[m, 2] - pss[m, 1]) / (n[m, 2] - n[m, 1]) * (n[m, k] - n[m, 1])
    verdict(says(pss[m, k] < e * (1 + off_line) && pss[m, k] > e * (1 - off_line)), m,
        sprintf("%.1f MiB for %d clients, predicted %.1f from fewer", pss[m, k] / 1024,
            n[m, k], e / 1024))
}

function report(m,    k) {
    states = ""
    k = runs[m]
    if (!k) {
        verdict("not measured", m, why[m])
        printf "| **%s** | took no part: %s | | | | |\n", m, why[m] > table
        return
    }
    judge_most(m)
    judge_tasks(m)
    judge_memory(m)
    printf "| **%s** | %d%s | %s | %.1f | %d | %d | %s |\n", m, n[m, k],
        m in why ? ": " why[m] : "",
        each(m) == "" ? "–" : sprintf("%.2f", each(m)), pss[m, k] / 1024, tasks[m, k],
            open[m, k], states > table
    printf "%s,%d,%s,%d,%d,%d,%d\n", m, n[m, k], each(m), pss[m, k], tasks[m, k],
        processes[m, k], open[m, k] \
        > (out "/table.csv")
    for (k = 1; k <= runs[m]; k++) {
        if (n[m, k] < 1)
            continue
        printf "1,%s,%d,%.4f,0\n2,%s,%d,%d,0\n3,%s,%d,%d,0\n",
            m, n[m, k], pss[m, k] / 1024, m, n[m, k], tasks[m, k],
            m, n[m, k], open[m, k] > (out "/lines.csv")
    }
}

END {
    table = out "/table.md"
    print "model,connections,kib_each,pss_kib,tasks,processes,descriptors" \
        > (out "/table.csv")
    print "panel,model,x,y,odd" > (out "/lines.csv")
    print "| | silent clients | KiB each | MiB in all | threads and processes |" \
        " descriptors | holds, tasks, memory, line |" > table
    print "|---|---|---|---|---|---|---|" > table
    for (i = 1; i <= models; i++) {
        m = model[i]
        report(m)
        x = each(m)
        if (x == "")
            continue
        if (thrifty == "" || x < least) { thrifty = m; least = x }
        if (dear == "" || x > most) { dear = m; most = x }
    }
    printf "\nUp to %d were asked for; a process may have %d descriptors here. The" \
        " kernel's sockets and the stacks that it keeps for each thread are not in" \
        " these figures.\n", machine["wanted"], machine["limit"] > table
    printf "%d of %d predictions held\n", held, judged > (out "/verdicts.txt")
    if (dear == "")
        print "Nothing could be measured" > (out "/finding.txt")
    else if (dear == thrifty)
        printf "A silent client costs %.2f KiB in %s\n", least,
            thrifty > (out "/finding.txt")
    else
        printf "A silent client costs %.2f KiB in %s, and %.0f times as much in %s\n",
            least, thrifty, most / (least > 0.01 ? least : 0.01),
            dear > (out "/finding.txt")
    for (i = 1; i <= models; i++)
        if (model[i] in wall && runs[model[i]])
            printf "%s stops at %d, before descriptor %d\n", model[i],
                n[model[i], runs[model[i]]], wall[model[i]] > (out "/finding.txt")
}
