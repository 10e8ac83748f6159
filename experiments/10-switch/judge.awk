# judge.awk - switch: what each kind of switch costs beside those it is built on.
#
# Measured: the time of one of each kind, in every repetition.
# Theory: a kind costs what its parts cost. So each prediction is a range for its ratio to
#   another kind, taken within a repetition.
# Rival: what comes out if a part is left out, or one is counted too many.
# Refuted if the interval of the ratio lies outside the range.

BEGIN {
    kinds = split("call,system call,coroutine,ucontext,thread,process,touch," \
        "thread / 256 KiB,process / 256 KiB,thread / other core,process / other core," \
        "co_new,pthread_create,fork", kind, ",")
    split(",,coroutine,coroutine,thread,fork,,thread,fork,thread,fork,coroutine,thread," \
        "fork", like, ",")
    title["call"] = "function call"
    title["coroutine"] = "coroutine switch"
    title["ucontext"] = "swapcontext(3)"
    title["thread"] = "to a thread"
    title["process"] = "to a process"
    title["touch"] = "going through 256 KiB"
    title["thread / 256 KiB"] = "to a thread with 256 KiB each"
    title["process / 256 KiB"] = "to a process with 256 KiB each"
    title["thread / other core"] = "to a thread on another core"
    title["process / other core"] = "to a process on another core"
    title["co_new"] = "making a coroutine"
    title["pthread_create"] = "making a thread"
    title["fork"] = "making a process"
}

file == "runs.csv" {
    add(field("kind"), field("ns"), 0, field("repetition"))
    ns[field("kind"), field("repetition")] = field("ns")
}

function name(k) { return k in title ? title[k] : k }

# The kind k costs from least to most times one kind, or times the sum of two.
function predict(k, one, other, least, most, rival_name, value,    i, r, key, text) {
    key = k " ÷ " one
    for (i = 1; i <= count[k]; i++) {
        r = block[k, i]
        if ((one, r) in ns)
            add(key, ns[k, r] / (ns[one, r] + ns[other, r]), 0, r)
    }
    text = sprintf("%s: %s × %s%s", name(k), least == "" ? "at most " three(most) : \
        most == "" ? "over " three(least) : three(least) " to " three(most), name(one),
        other == "" ? "" : " + " name(other))
    if (median_of(key) == "") {
        say("not measured", "", text " (" (k in why ? why[k] : "not in these data") ")")
        return
    }
    against(rival_name ", " three(value), value)
    as_a_range()
    verdict(k, "", v, key, least == "" ? most : most == "" ? least : \
        middle_of_range(least, most), least, most,
        text ", measured " three(v[key, "mid"]))
}

function report(k, like,    cost) {
    panel_row(name(k), like)
    cost = median_of(k)
    if (cost == "") {
        printf "| %s | not measured: %s | | |\n", name(k),
            k in why ? why[k] : "no run of it" > table_md
        panel_bar("ns", name(k), "", "not measured")
        bar(name(k))
        return
    }
    printf "| %s | %s | %s … %s | %.0f |\n", name(k), in_time(cost),
        in_time(v[k, "low"]), in_time(v[k, "high"]), cost / median_of("call") > table_md
    printf "%s,%.2f,%.2f,%.2f\n", name(k), cost, v[k, "low"], v[k, "high"] > table_csv
    bar(name(k), sprintf("%.3f", cost))
    panel_bar("ns", name(k), sprintf("%.3f", cost), in_time(cost))
    panel_dots("ns", name(k), k, "%.3f")
}

END {
    panels_begin()
    panel("ns", "one costs", "log")
    head("| | one costs | its interval | × a call |")
    print "kind,measured,low,high" > table_csv
    bar("label", "time that one costs, ns")
    for (i = 1; i <= kinds; i++)
        report(kind[i], like[i])
    print "\n" levels() > table_md

    predict("coroutine", "system call", "", "", 1 / 8, "by way of the kernel", 1)
    predict("ucontext", "coroutine", "system call", 0.5, 1.5, "two system calls", 2)
    predict("thread", "system call", "", 2, 20, "a system call", 1)
    predict("process", "thread", "", 0.8, 2, "everything fetched again", 5)
    predict("thread / 256 KiB", "thread", "touch", 0.9, 3, "everything fetched again", 10)
    predict("process / 256 KiB", "thread / 256 KiB", "", 0.9, 2,
        "everything fetched again", 5)
    predict("thread / other core", "thread", "", 2, 50, "as on the same core", 1)
    predict("process / other core", "process", "", 2, 50, "as on the same core", 1)
    predict("co_new", "coroutine", "", 1, 10, "a stack from the kernel each time", 40)
    predict("pthread_create", "fork", "", 1 / 20, 1 / 2, "as much as a process", 1)

    printf "A coroutine switch costs %s, a hand-over to a thread %.0f times as much\n" \
        "Making a thread costs %.0f, making a process %.0f new coroutines\n",
        in_time(median_of("coroutine")), median_of("thread") / median_of("coroutine"),
        median_of("pthread_create") / median_of("co_new"),
        median_of("fork") / median_of("co_new") > finding_txt
}
