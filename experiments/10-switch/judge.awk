# judge.awk - the table, the verdicts and the finding of switch, from its CSV files.
# Ratios are taken within a repetition.

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

FNR == 1 { file = FILENAME; sub(".*/", "", file); next }
file == "missing.csv" { why[$1] = $2 }
file == "runs.csv" {
    ns[$2, $1] = $3
    last = $1 > last ? $1 : last
}

function name(k) { return k in title ? title[k] : k }

# Sets middle, low and high of what the awk below asks for.
function summarize(a, n) {
    if (!n)
        return 0
    summary(a, n, seen, "now")
    low = seen["now", "low"]
    high = seen["now", "high"]
    middle = seen["now", "mid"]
    return 1
}

function cost(k,    i, n, a) {
    for (i = 1; i <= last; i++)
        if ((k, i) in ns)
            a[++n] = ns[k, i]
    return summarize(a, n)
}

# predict KIND beside ONE (and OTHER, if any, added to it): from least to most of it; and
# what its rival says.
function predict(k, one, other, least, most, rival_name, value,    i, n, a, said) {
    for (i = 1; i <= last; i++)
        if ((k, i) in ns && (one, i) in ns)
            a[++n] = ns[k, i] / (ns[one, i] + (other == "" ? 0 : ns[other, i]))
    said = sprintf("%s: %s × %s%s", name(k), least == "" ? "at most " three(most) : \
        most == "" ? "over " three(least) : three(least) " to " three(most), name(one),
        other == "" ? "" : " + " name(other))
    if (!summarize(a, n)) {
        printf "%-13s %s (%s)\n", "not measured", said,
            k in why ? why[k] : "not in these data" > (out "/verdicts.txt")
        return
    }
    against(rival_name ", " three(value), value)
    as_a_range()
    verdict(k, "", seen, "now", least == "" ? most : most == "" ? least : \
        middle_of_range(least, most), least, most, said ", measured " three(middle))
}

END {
    data = out "/data/"
    print "panel,title,scale\nns,one costs,log" > (data "panels.csv")
    print "row,model" > (data "rows.csv")
    print "panel,row,value,text,mark" > (data "bars.csv")
    print "panel,row,value,odd" > (data "dots.csv")
    print "| | one costs | its interval | × a call |\n|---|---|---|---|" \
        > (out "/table.md")
    print "kind,measured,low,high" > (out "/table.csv")
    print "label,time that one costs, ns" > (out "/bars.csv")
    cost("call")
    call = middle
    for (i = 1; i <= kinds; i++) {
        k = kind[i]
        print name(k) "," like[i] > (data "rows.csv")
        if (!cost(k)) {
            printf "| %s | not measured: %s | | |\n", name(k),
                k in why ? why[k] : "no run of it" > (out "/table.md")
            printf "ns,%s,,not measured,\n", name(k) > (data "bars.csv")
            print name(k) "," > (out "/bars.csv")
            continue
        }
        printf "| %s | %s | %s … %s | %.0f |\n", name(k), in_time(middle), in_time(low),
            in_time(high), middle / call > (out "/table.md")
        printf "%s,%.2f,%.2f,%.2f\n", name(k), middle, low, high > (out "/table.csv")
        printf "%s,%.3f\n", name(k), middle > (out "/bars.csv")
        printf "ns,%s,%.3f,%s,\n", name(k), middle, in_time(middle) > (data "bars.csv")
        for (j = 1; j <= last; j++)
            if ((k, j) in ns)
                printf "ns,%s,%.3f,0\n", name(k), ns[k, j] > (data "dots.csv")
    }
    print "\n" levels() > (out "/table.md")
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
    cost("coroutine"); switching = middle
    cost("thread"); handing = middle
    cost("co_new"); spawning = middle
    cost("pthread_create"); making = middle
    cost("fork"); forking = middle
    printf "A coroutine switch costs %s, a hand-over to a thread %.0f times as much\n",
        in_time(switching), handing / switching > (out "/finding.txt")
    printf "Making a thread costs %.0f, making a process %.0f new coroutines\n",
        making / spawning, forking / spawning > (out "/finding.txt")
}
