# judge.awk - readiness: what it costs to ask the kernel, beside clients that are silent,
# and how many system calls a message takes.
#
# Measured: a message's CPU time with one client that talks and N that are silent; and the
#   system calls of a message where several clients have one ready at once.
# Theory: a model that asks about all pays for the silent ones, and what it pays is the
#   kernel's price: a + b N, with a from the model itself at N = 0, and b N from a bare
#   select(2) or poll(2) that asks about as many sockets. One that is told who is ready
#   pays a. A message is read and written, and a wait that tells of n serves n messages:
#   2 + 1/n calls, if the model does not predict another number of itself.
# Rivals: that silence costs nothing; that it costs as much as in poll; a wait for each.
# Refuted if the interval of measured ÷ predicted, both of the same block, lies outside of
#   the bounds, or by 0.1 system calls, or half of them where there are fewer.

BEGIN {
    missing_keys = 2
    enough = 500                # clients, for the rival to be told apart
    off_flat = 1.3              # measured ÷ predicted, either way
    least_all = 0.8             # of one that asks about all: it has a list of its own to
    most_all = 1.5              # go through besides, at no more than the kernel's price
    off_calls = 0.1
}

file == "asks.csv" { asks[$1] = field("call") }

file == "runs.csv" {
    m = field("model")
    n = field("clients")
    key = n " " m
    add("us " key, field("cpu_ns") / (1e3 * field("messages")),
        field("invalid") ~ /foreign/, $1)
    us[key, $1] = field("cpu_ns") / (1e3 * field("messages"))
    odd[key, $1] = field("invalid") ~ /foreign/
    blocks = $1 > blocks ? $1 : blocks
    if (m !~ /^bare/ && !(n in numbered)) {
        numbered[n]
        size[++sizes] = n
    }
    if (n > largest[m])
        largest[m] = n
}

file == "calls.csv" {
    n = field("clients")
    calls[$1, n] = field("calls") / field("messages")
    foretold_calls[$1, n] = field("predicted")
    if (!(n in at_once)) {
        at_once[n]
        ready[++readies] = n
    }
    most_ready[$1] = n > most_ready[$1] ? n : most_ready[$1]
}

# What a model pays with n clients if it is asked about all of them by that call; or, ""
# for the call, about none: a, and what the bare call takes more with n than with one.
function pays(m, n, call, r,    bare) {
    bare = "bare " call
    if (!(("1 " m, r) in us) || call != "" && !((n " " bare, r) in us))
        return ""
    return us["1 " m, r] + (call == "" ? 0 : us[n " " bare, r] - us["1 " bare, r])
}

# Samples of measured ÷ predicted, and of what the rival says ÷ predicted.
function add_ratios_to_theory(m, n, call, other,    r, key, e, is_odd) {
    key = n " " m
    for (r = 1; r <= blocks; r++) {
        e = pays(m, n, call, r)
        if (!((key, r) in us) || e == "" || e <= 0)
            continue
        is_odd = odd[key, r] || odd["1 " m, r] || call != "" && \
            (odd[n " bare " call, r] || odd["1 bare " call, r])
        add("predicted " key, e, is_odd, r)
        add("ratio " key, us[key, r] / e, is_odd, r)
        if (pays(m, n, other, r) > 0)
            add("rival " key, pays(m, n, other, r) / e, is_odd, r)
    }
}

# The ratios of every number of clients, for the chart; a verdict on the largest.
function judge_size(m, n,    key, call, e, own, text) {
    key = n " " m
    call = asks[m]
    add_ratios_to_theory(m, n, call, call == "" ? "poll" : "")
    if (n != largest[m] || n <= enough)
        return
    e = middle_of("predicted " key)
    if (e == "") {
        say("not measured", m, sprintf("beside %d silent clients: bare %s (%s)", n - 1,
            call, why["bare " call, n] why["bare " call, 1]))
        return
    }
    own = middle_of("us 1 " m)
    text = sprintf("%s µs per message beside %d silent clients, predicted %s: %s",
        three(middle_of("us " key)), n - 1, three(e), call == "" ? "as without them" : \
        sprintf("%s, and %s ns for each that %s(2) is asked about", three(own),
        three(1e3 * (e - own) / (n - 1)), call))
    if (middle_of("rival " key) != "")
        against(call == "" ? "as poll, " three(middle_of("rival " key)) : \
            "flat, " three(middle_of("rival " key)), middle_of("rival " key))
    median_of("ratio " key)
    if (call != "")
        as_a_range()
    verdict("silent", m, v, "ratio " key, 1, call == "" ? 1 / off_flat : least_all,
        call == "" ? off_flat : most_all, text)
}

function judge_calls(m, n,    e, off) {
    e = foretold_calls[m, n]
    if (e == "")
        return
    off = e / 2 < off_calls ? e / 2 : off_calls
    single(calls[m, n], v, "now")
    if (n == 1)
        against("a wait before the write, too, " e + 1, e + 1)
    else
        against("as with one, " three(foretold_calls[m, 1]), foretold_calls[m, 1])
    verdict("calls", m, v, "now", e, e - off, e + off, sprintf("%s system" \
        " calls per message, %d ready at once, predicted %s", three(calls[m, n]), n,
        three(e)))
}

function judge(m,    i) {
    for (i = 2; i <= sizes; i++)
        judge_size(m, size[i])
    if (!(m in most_ready)) {
        if (why[m, 1] == "")
            say("not measured", m, "system calls (" why[m, "calls"] ")")
        return
    }
    judge_calls(m, 1)
    if (most_ready[m] > 1)
        judge_calls(m, most_ready[m])
}
