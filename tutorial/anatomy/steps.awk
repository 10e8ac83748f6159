# steps.awk - a message's way through a model, as strace -f -ttt -T -yy saw it, in steps.
#
#   mawk -v begin=SECONDS -v end=SECONDS -f steps.awk FILE
#
# Prints rows with tabs between, a task being a process or a thread, clients A, B, ...:
#   task   NUMBER  process|thread  the clients it serves; only tasks that do something
#   step   MICROSECONDS  TASK  KIND  TEXT  PARTNER
# in the order of time. Kinds: want (TEXT is the want, PARTNER the client it is about),
# push, order (a write goes out with the next call), done (an order has come back: where
# reads and writes are orders, no call tells of them), call (PARTNER: the client whose
# socket it is), sleep (a call that does not return for now), wake (it returns; PARTNER
# woke the task: a client, or a task's number). The microseconds count from the first
# wake. What was asked before `begin` and after `end` has the time before and after.

BEGIN {
    for (i = 1; i < 256; i++)
        value[sprintf("%c", i)] = i
}

{
    task = $1
    time = $2
    line = $0
    sub(/^[0-9]+ +[0-9.]+ /, "", line)
}

line !~ /^(<\.\.\. |[a-z])/ { next }            # signals and ends

# A call that another task's interrupted comes in two lines.
line ~ /<unfinished \.\.\.>$/ {
    sub(/ *<unfinished \.\.\.>$/, "", line)
    half[task] = line
    since[task] = time
    next
}
line ~ /^<\.\.\. / {
    sub(/^<\.\.\. [^>]*resumed>/, "", line)
    line = half[task] line
    time = since[task]
}

# What the trace itself calls is none of the model's doing.
line ~ /^getpid\(/ { next }
line ~ /\/events>/ {
    if (line ~ /^write\(/)
        told(line)
    next
}

{ took(line) }

function seen(task) {
    if (!(task in number)) {
        number[task] = ++tasks
        id[tasks] = task
    }
}

function add(time, task, kind, text, partner) {
    steps++
    at[steps] = time
    who[steps] = task
    what[steps] = kind
    says[steps] = text
    with[steps] = partner
}

# A row of the event trace: "ns,pid,connection,event\n"
function told(line,    f, event, client) {
    if (split(line, f, ",") < 5)
        return
    event = f[5]
    sub(/\\n".*/, "", event)
    if (event == "open")
        letter[f[4]] = substr("ABCDEFGH", ++clients, 1)
    client = letter[f[4]]
    seen(task)
    if (event ~ /^want /) {
        if (time < end && index(serves[task], client) == 0)
            serves[task] = serves[task] client
        add(time, task, "want", substr(event, 6), client)
    } else if (event == "push")
        add(time, task, "push", "", client)
    else if (event ~ /^(fed|sending|sent) / && task in ordering)
        ordered(event, client)
}

function ordered(event, client,    n) {
    n = event
    sub(/.* /, "", n)
    if (event ~ /^sending /)
        add(time, task, "order", "send " n " bytes", client)
    else if (event ~ /^sent /)
        add(time, task, "done", n " bytes sent", client)
    else {
        add(time, task, "done", n > 0 ? n " bytes read" : "the end", client)
        feeds++
        fed_at[feeds] = time
        fed_by[feeds] = task
        fed_from[feeds] = client
    }
}

# What a descriptor stands for, as strace -yy writes it: a client's letter, or what it is.
function object_of(args,    port) {
    if (match(args, /^[0-9]+<TCP[^>]*->[^>]*:[0-9]+\]>/)) {
        port = substr(args, 1, RLENGTH - 2)
        sub(/.*:/, "", port)
        return letter[port]
    }
    if (match(args, /^[0-9]+<[^>[]*(->[^>]*)?\[?[^>]*>/)) {
        port = substr(args, 1, RLENGTH)
        sub(/^[0-9]+</, "", port)
        if (port ~ /eventfd/) return "eventfd"
        if (port ~ /^UNIX/) return "socketpair"
        if (port ~ /^pipe/) return "pipe"
        if (port ~ /signalfd/) return "signals"
        if (port ~ /^TCP/) return "listener"
    }
    return ""
}

# What is written here is read there: the same number of an eventfd, the same pipe, a
# socket's partner, a futex's address.
function channel(name, args, writes,    ends) {
    if (name == "futex")
        return substr(args, 1, index(args, ",") - 1)
    if (match(args, /^[0-9]+<UNIX[^:]*:\[[0-9]+->[0-9]+/)) {
        ends = substr(args, 1, RLENGTH)
        sub(/.*\[/, "", ends)
        return writes ? substr(ends, index(ends, ">") + 1) : \
            substr(ends, 1, index(ends, "-") - 1)
    }
    if (match(args, /^[0-9]+<(pipe[^>]*|[^>]*eventfd[^>]*)>/))
        return substr(args, 1, RLENGTH)
    return object_of(args)
}

# One byte, as strace writes it: as C does.
function byte(s,    n, i) {
    if (s !~ /^\\/)
        return value[s]
    if (s !~ /[0-7]$/)
        return index("tnvfr", substr(s, 2)) ? index("tnvfr", substr(s, 2)) + 8 \
            : value[substr(s, 2)]
    for (i = 2; i <= length(s); i++)
        n = 8 * n + substr(s, i, 1)
    return n
}

# The descriptor that a signal is about: signalfd(2) has it in ssi_fd, which is the 21st
# byte (a low number needs no more). Of several signals the first.
function signalled(args,    i, c) {
    sub(/^[^"]*"/, "", args)
    for (i = 1; i <= 21 && match(args, /^(\\[0-7][0-7]?[0-7]?|\\?.)/); i++) {
        c = substr(args, 1, RLENGTH)
        args = substr(args, RLENGTH + 1)
    }
    return byte(c)
}

function took(line,    name, args, result, last, object, text) {
    if (!match(line, /^[a-z0-9_]+\(/) || !match(line, /<[0-9.]+>$/))
        return
    last = time + substr(line, RSTART + 1, RLENGTH - 2)
    name = substr(line, 1, index(line, "(") - 1)
    args = substr(line, index(line, "(") + 1)
    result = line
    sub(/.*\) += /, "", result)
    result = result + 0
    if (name ~ /^(clone3?|v?fork)$/ && result > 0)
        is_thread[result] = args ~ /CLONE_THREAD/
    object = object_of(args)
    if (object ~ /^[A-H]$/)
        holder[task, args + 0] = object
    if (name == "io_uring_enter")
        ordering[task] = 1
    if (last < begin || time > end)
        return
    seen(task)
    if (time > begin || last < end)
        busy[task] = 1
    text = name (object ? " " object : "")
    calls++
    from[calls] = time
    to[calls] = last
    by[calls] = task
    brief[calls] = name
    if (name ~ /^(read|readv|recv|recvfrom|recvmsg|write|writev|send|sendto|sendmsg)$/) {
        text = text (result < 0 ? ": nothing" : ": " result " bytes")
        key[calls] = channel(name, args, name ~ /^[ws]/)
        gets[calls] = name ~ /^r/
        object = result < 0 ? "" : object
    } else if (name ~ /^(p?poll|p?select6?|epoll_p?wait2?)$/)
        text = text ": " (result > 0 ? result : "none") " ready"
    else if (name == "io_uring_enter") {
        split(args, argument, ", ")
        text = name ": " argument[2] " orders"
    }
    if (name == "futex") {
        key[calls] = channel(name, args, 0)
        gets[calls] = args ~ /FUTEX_WAIT/
    }
    label[calls] = text
    peer[calls] = object ~ /^[A-H]$/ ? object : ""
    if (object == "signals")
        peer[calls] = holder[task, signalled(args)]
}

# Has another task done something meanwhile?
function slept(call,    i) {
    if (brief[call] !~ /^(p?poll|p?select6?|epoll_p?wait2?|io_uring_enter|futex)$/)
        return 0
    for (i = 1; i <= calls; i++)
        if (by[i] != by[call] && from[i] > from[call] && from[i] < to[call])
            return 1
    return 0
}

# Who woke it is told by what it reads first: a client has written it, or another task; or
# it is a signal, which tells whose news it brings. What was ordered has been read when it
# wakes.
function cause(call,    i, j, first, best) {
    for (i = 1; i <= feeds && brief[call] == "io_uring_enter"; i++)
        if (fed_by[i] == by[call] && fed_at[i] >= to[call])
            return fed_from[i]
    for (i = 1; i <= calls; i++)
        if (by[i] == by[call] && from[i] >= from[call] && gets[i] \
                && (!first || from[i] < from[first]))
            first = i
    if (!first)
        return ""
    if (peer[first])
        return peer[first]
    for (j = 1; j <= calls; j++)
        if (!gets[j] && key[j] == key[first] && by[j] != by[call] && from[j] <= to[call] \
                && (!best || from[j] > from[best]))
            best = j
    return best ? number[by[best]] : ""
}

# Steps in the order of time.
function sort(    i, j, place) {
    for (i = 1; i <= steps; i++) {
        for (j = i; j > 1 && at[order[j - 1]] > at[i]; j--)
            order[j] = order[j - 1]
        order[j] = i
    }
}

END {
    for (i = 1; i <= calls; i++) {
        early = from[i] < begin
        late = to[i] > end
        if (early || late || slept(i)) {
            if (!late)
                add(to[i], by[i], "wake", brief[i], cause(i))
            add(from[i], by[i], "sleep", brief[i], "")
        } else
            add(from[i], by[i], "call", label[i], peer[i])
    }
    sort()
    for (i = 1; i <= tasks; i++)
        threads = threads || is_thread[id[i]]
    for (i = 1; i <= tasks; i++)
        if (busy[id[i]])
            printf "task\t%d\t%s\t%s\n", i, threads ? "thread" : "process", serves[id[i]]
    for (i = 1; i <= steps; i++) {
        s = order[i]
        if (!start && at[s] >= begin)
            start = at[s]
        when = at[s] < begin ? "before" : at[s] > end ? "after" \
            : sprintf("%.0f", (at[s] - start) * 1e6)
        if (busy[who[s]])
            printf "step\t%s\t%d\t%s\t%s\t%s\n", when, number[who[s]], what[s],
                says[s], with[s]
    }
    exit !start                 # nobody did anything
}
