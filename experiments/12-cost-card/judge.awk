# judge.awk - cost-card: what a message costs, and whether all models do the same for it.
#
# Measured, by accounts that do not disturb each other: bytes on the wire, system calls,
#   sleeps (voluntary context switches) and CPU time of a message.
# Theory: RFC 6455 says how many bytes: 2 of head, and 4 of mask on the way in. With one
#   client a model waits, reads and writes: 3 system calls, if it does not say another
#   number of itself, and 1 sleep. With many, a task of each client's own sleeps for each
#   message; a single task serves several each time that it is awake, and sleeps half as
#   often, or less.
#   To check a token is arithmetic alone, without a system call or a sleep, and a message
#   is little else than these: of the cheapest one a tenth, and at most a quarter.
# Rivals: no mask; a wait before the write, too; no sleep; one sleep for all, or for each;
#   a signature is as expensive as a message.
# Refuted by any other number of bytes, by 0.1 system calls, or if the interval of sleeps,
#   or of what a check costs, lies outside of its bounds.

function judge_bytes(m,    i, o, wire, text) {
    text = sprintf("bytes a message: %d in, %d out", size + 6, size + 2)
    if (!more[m]) {
        say("not measured", m, text " (" why[m, "calls"] ")")
        return
    }
    i = each(m, "bytes in")
    o = each(m, "bytes out")
    wire = 2 * size + 8
    single(i + o, v, "now")
    against("without a mask", wire - 4)
    verdict("bytes", m, v, "now", wire, wire, wire,
        sprintf("%s, measured %.4g and %.4g", text, i, o))
}

function judge_calls(m,    n) {
    n = foretold[m]
    if (!more[m]) {
        say("not measured", m, n " system calls a message (" why[m, "calls"] ")")
        return
    }
    single(calls(m), v, "now")
    if (calls(m, "others") >= 0.1)      # as many as predicted, but not those
        v["now", "low"] = v["now", "high"] = 1e9
    against("a wait before the write, too", n + 1)
    verdict("calls", m, v, "now", n, n - 0.1, n + 0.1,
        sprintf("%d system calls a message, measured %.2f: %s", n, calls(m), listed(m)))
}

# From least to most sleeps a message.
function judge_sleeps(m, clients, least, most, text,    key) {
    key = "sleeps " clients " " m
    text = sprintf("%s with %d client%s", text, clients, clients == 1 ? "" : "s")
    if (median_of(key) == "") {
        say("not measured", m, text " (" why[m, clients] ")")
        return
    }
    if (!least)
        against("one each", 1)
    else if (clients == 1)
        against("none", 0)
    else
        against("one for all", 1 / clients)
    verdict("sleeps", m, v, key, least ? 1 : most, least ? least : "", most,
        sprintf("%s, measured %s", text, three(v[key, "mid"])))
}

# The model whose message with one client is the cheapest.
function cheapest(    i, best, key) {
    for (i = 1; i <= models; i++) {
        key = "us 1 " model[i]
        if (count[key] && (best == "" || middle_of(key) < middle_of("us 1 " best)))
            best = model[i]
    }
    return best
}

function judge_token(    m) {
    m = cheapest()
    if (!count["us token"] || m == "")
        return
    add_ratios("token share", "us token", "us 1 " m)
    median_of("token share")
    against("as much as a message", 1)
    verdict("token", "", v, "token share", 0.1, "", 0.25,
        sprintf("a token check is at most 1/4 of a message: %s µs, in %s %s µs", \
            three(middle_of("us token")), m, three(middle_of("us 1 " m))))
}

function judge(m) {
    judge_bytes(m)
    judge_calls(m)
    judge_sleeps(m, 1, 0.9, 1.1, "1 sleep a message")
    if (tasks[m] > 1)
        judge_sleeps(m, many, 0.75, 1.25, "1 sleep a message")
    else if (tasks[m] != "")
        judge_sleeps(m, many, 0, 0.5, "at most 1/2 sleep a message")
}

END {
    begin_tables()
    for (i = 1; i <= models; i++) {
        draw(model[i])
        report(model[i])
        judge(model[i])
    }
    judge_token()
    tell_token()
    tell_skipped()
    printf "\n%s %d of %d runs were disturbed by others; where a model has no other," \
        " nothing is decided.\n", levels(), spoilt, runs > table_md
    one = costs(1)
    several = costs(many)
    print one == "" ? "Nothing could be measured" : \
        "CPU of a message with one client: " one > finding_txt
    if (several != "")
        printf "With %d clients: %s\n", many, several > finding_txt
}
