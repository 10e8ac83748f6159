# passes.awk - what a message cost, from passes of its own for each account. Leaves these
# samples, of a number of clients and a model:
#   us CLIENTS MODEL       CPU time of the server, µs per message
#   sleeps CLIENTS MODEL   how often it fell asleep, a message
#   pushed CLIENTS MODEL   how often it was pushed aside
#   us token, us stranger  of the check of a token, good or not, µs; token_bytes long
# and lines[], with[], tasks[] of a model; instructions[], what a message takes, silent[]
# and kernel[], KiB a silent client; each(MODEL, "read"), system calls of a message, where
# more[MODEL] says that they were.

BEGIN {
    missing_keys = 2
    split("read readv recvfrom recvmsg write writev sendto sendmsg poll ppoll select" \
        " pselect6 epoll_wait epoll_pwait epoll_pwait2 io_uring_enter", usual_names, " ")
    for (k in usual_names)
        usual[usual_names[k]] = 1
}

file == "models.csv" {
    model[++models] = $1
    lines[$1] = field("lines")
    tasks[$1] = field("tasks")
    size = field("size")
    many = field("many")
    with[$1] = field("with_helpers")    # older data have none
    foretold[$1] = field("calls") == "" ? 3 : field("calls")
}

file == "silent.csv" {
    n = field("clients")
    silent[$1] = (field("after") - field("before")) / (n ? n : 1)
    kernel[$1] = in_kernel(field("kernel_before"), field("kernel"),
        field("kernel_after"), n, field("end"))
}

# Of two numbers of messages; their order is that in which the passes came to an end.
file == "instructions.csv" {
    if ($1 in other_count)
        instructions[$1] = (field("count") - other_count[$1]) / \
            (field("messages") - other_messages[$1])
    other_messages[$1] = field("messages")
    other_count[$1] = field("count")
    instructions_counted = 1
}

file == "tokens.csv" {
    add("us " field("who"), field("us"), 0, $1)
    token_bytes = field("bytes")
}

# The rows of the smaller number of messages come first.
file == "calls.csv" {
    n = field("messages")
    what = field("what")
    if (!($1 in fewer) || n < fewer[$1])
        fewer[$1] = n
    if (n > fewer[$1])
        more[$1] = n - fewer[$1]
    call[$1, what] += (n == fewer[$1] ? -1 : 1) * field("count")
    if (!seen[what]++)
        name[++names] = what
}

file == "runs.csv" {
    n = field("messages")
    key = field("clients") " " field("model")
    odd = field("invalid") ~ /foreign/
    add("us " key, field("cpu_ns") / (1e3 * n), odd, $1)
    # A task that has ended has taken its account along.
    if (field("voluntary") != "")       # neighbours make nobody sleep more
        add("sleeps " key, field("voluntary") / n, 0, $1)
    if (field("involuntary") != "")
        add("pushed " key, field("involuntary") / n, odd, $1)
    spoilt += odd
    runs++
}

# What one more message adds.
function each(m, what) {
    return (m, what) in call && more[m] ? call[m, what] / more[m] : 0
}

function is_call(m, what) { return what !~ /^bytes/ && each(m, what) > 0.02 }

# All of them, or those alone that neither read, write nor wait.
function calls(m, others,    i, sum) {
    for (i = 1; i <= names; i++)
        if (is_call(m, name[i]) && !(others && name[i] in usual))
            sum += each(m, name[i])
    return sum + 0
}

# By name, the most frequent first.
function listed(m,    i, best, done, text) {
    for (;;) {
        best = ""
        for (i = 1; i <= names; i++)
            if (is_call(m, name[i]) && !(name[i] in done) &&
                    (best == "" || each(m, name[i]) > each(m, best)))
                best = name[i]
        if (best == "")
            return text == "" ? "–" : text
        done[best] = 1
        text = also(text, sprintf("%s %.2f", best, each(m, best)))
    }
}
