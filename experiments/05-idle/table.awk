# table.awk - the table, the chart's rows and the finding of idle, with what judge.awk has
# judged.

function report(m,    k, each) {
    k = sizes[m]
    each = median_of("each " m)
    bar(m, each)
    if (!k) {
        skip(m, why[m])
        return
    }
    judge_most(m, k)
    judge_tasks(m, k)
    judge_memory(m)
    if (each != "" && k >= 3)
        judge_line(m, k)
    judge_kernel(m, k)
    printf "| **%s** | %d%s | %s | %s | %.1f | %d | %d | %s |\n", m, n[m, k],
        m in why ? ": " why[m] : "", shown("each " m, "%.2f"),
        shown("kernel " k " " m, "%.1f"), median_of("pss " k " " m) / 1024, tasks[m, k],
        open[m, k], said[m] > table_md
    printf "%s,%d,%s,%d,%d,%d,%d,%s\n", m, n[m, k], each, middle_of("pss " k " " m),
        tasks[m, k], processes[m, k], open[m, k],
        median_of("kernel " k " " m) > table_csv
    draw_sizes(m)
}

# All models whose clients cost about x.
function like(x,    i, each, names) {
    for (i = 1; i <= models; i++) {
        each = middle_of("each " model[i])
        if (each != "" && each / x < 1.1 && x / each < 1.1)
            names = also(names, model[i])
    }
    return few(names)
}

# Models that hold as many before the same wall are told of together.
function tell_walls(    i, m, k, where, names) {
    for (i = 1; i <= models; i++) {
        m = model[i]
        k = sizes[m]
        if (m in wall && n[m, k] < wanted[m, k]) {
            where = sprintf("%d, before descriptor %d", n[m, k], wall[m])
            names[where] = also(names[where], m)
        }
    }
    for (where in names)
        printf "%s %s at %s\n", few(names[where]), names[where] ~ /,/ ? "stop" : \
            "stops", where > finding_txt
}

END {
    print "model,connections,kib_each,pss_kib,tasks,processes,descriptors," \
        "kernel_kib_each" > table_csv
    lines_begin()
    bar("label", "memory of a silent client, KiB")
    head("| | silent clients | KiB each | the kernel\047s, KiB each | MiB in all |" \
        " threads and processes | descriptors | holds, tasks, memory, line, kernel |")
    for (i = 1; i <= models; i++) {
        report(model[i])
        add("all", middle_of("each " model[i]))
    }
    printf "\nUp to %d were asked for; a process may have %d descriptors here. KiB each" \
        " and MiB are the processes\047 own memory. The kernel\047s is what its slabs," \
        " its stacks, page tables and TCP\047s buffers grew by, without the clients\047" \
        " ends. %s\n", machine["wanted"], machine["limit"], levels() > table_md
    print tally("predictions") > verdicts_txt
    least = quantile("all", 0)
    most = quantile("all", 1)
    if (most == "")
        print "Nothing could be measured" > finding_txt
    else
        printf "A silent client costs %.2f KiB in %s%s\n", least, like(least),
            most < 1.1 * least ? "" : sprintf(", and %.0f in %s", most,
            like(most)) > finding_txt
    tell_walls()
}
