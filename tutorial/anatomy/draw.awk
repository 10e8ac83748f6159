# draw.awk - draws the steps that steps.awk found, as SVG.
#
#   awk -F '\t' -v model=thread -v counts=FILE -f draw.awk FILE
#
# Adds to the file of counts: model,system calls,tasks,wake-ups.
#
# Time runs downwards, a row for each step, so nothing can overlap. From left to right: the time,
# the clients, the kernel, and a lane for each task, whose texts stand on its right.

BEGIN {
    ROW = 23                    # pixels; so are all that follow
    TIME = 62                   # the times' right end
    CLIENT = 84                 # the first client's line
    KERNEL = 184                # the kernel's middle
    FIRST = 232                 # the first task's line
    WIDE = 800
}

$1 == "task" {
    place[$2] = ++tasks
    number[tasks] = $2
    kind[$2] = $3
    serves[$2] = $4
    for (i = 1; i <= length($4); i++)
        if (!(substr($4, i, 1) in served)) {
            served[substr($4, i, 1)] = 1
            heard++
        }
}

$1 == "step" && $2 == "before" {
    if ($4 == "want" && $5 == "JOIN")
        joined[$3] = joined[$3] $6
    if ($4 == "want")
        last[$3, $6] = $5
    if ($4 == "sleep")
        sleeps[$3] = $5
    next
}

$1 == "step" && $2 == "after" {
    if ($4 == "want" && $5 == "CLOSE" && index(serves[$3], $6) && !index(closed[$3], $6))
        closed[$3] = closed[$3] $6
    next
}

# What is done over and over is drawn once.
$1 == "step" && $4 == "call" && task[steps] == $3 && text[steps] == $5 {
    times[steps]++
    next
}

$1 == "step" {
    times[++steps] = 1
    when[steps] = $2
    task[steps] = $3
    what[steps] = $4
    text[steps] = $5
    partner[steps] = $6
}

# ---- pieces ----

function client_x(letter) { return CLIENT + 38 * (index("ABCDEFGH", letter) - 1) }
function task_x(n) { return FIRST + (place[n] - 1) * column }
function name_of(n) { return n ~ /^[0-9]+$/ ? kind[n] " " n : n }

function line(class, x1, y1, x2, y2, end) {
    drawn = drawn sprintf("<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"%s/>\n",
        class, x1, y1, x2, y2, end ? " marker-end=\"url(#" end ")\"" : "")
}

function write(class, x, y, s) {
    gsub(/&/, "\\&amp;", s)
    gsub(/</, "\\&lt;", s)
    drawn = drawn sprintf("<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>\n", class, x, y + 4, s)
}

# What the core asks, in a rounded box. Returns how wide it is.
function pill(class, x, y, s,    w) {
    w = 7 * length(s) + 14
    drawn = drawn sprintf("<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"18\" rx=\"9\"/>\n",
        class, x, y - 9, w)
    drawn = drawn sprintf("<text class=\"want\" x=\"%d\" y=\"%d\">%s</text>\n", x + w / 2, y + 4, s)
    return w + 6
}

# A row of pills for each task: the same want for each client in the list.
function pills(class, word, list, y,    n, i, x) {
    for (n in place) {
        x = task_x(n) + 12
        for (i = 1; i <= length(list[n]); i++)
            x += pill(class, x, y, word " " substr(list[n], i, 1))
    }
}

# ---- the drawing ----

function heads(y,    n, i, letter) {
    for (i = 1; i <= 2; i++) {
        letter = substr("AB", i, 1)
        write("head", client_x(letter), y, letter)
    }
    write("under", (client_x("A") + client_x("B")) / 2, y + 17, "clients")
    write("head", KERNEL, y, "kernel")
    for (n in place) {
        write("left head", task_x(n) - 4, y, name_of(n))
        write("left under", task_x(n) - 4, y + 17,
            serves[n] ? "serves " joined_by_and(serves[n]) : "serves no client")
    }
}

function joined_by_and(letters) {
    gsub(/./, "& and ", letters)
    sub(/ and $/, "", letters)
    return letters
}

# From whom a wake came: the row of the waker's last call that is not about a client.
function waking(i,    j) {
    for (j = i - 1; j > 0; j--)
        if (task[j] == partner[i] && what[j] == "call" && partner[j] == "" \
                && text[j] ~ /^(write|send|futex)/)
            return j
    return 0
}

function step(i, y,    x, j) {
    x = task_x(task[i])
    write("time", TIME, y, when[i] " µs")
    if (what[i] == "want")
        pill("pill", x + 12, y, text[i] " " partner[i])
    else if (what[i] == "push") {
        drawn = drawn sprintf("<circle class=\"push\" cx=\"%d\" cy=\"%d\" r=\"4.5\"/>\n", x + 17, y)
        write("left soft", x + 28, y, "pushed to " partner[i])
    } else if (what[i] == "sleep") {
        line("call", x, y, KERNEL + 27, y, "tip")
        write("left soft", x + 12, y, text[i] ": sleeps")
    } else if (what[i] == "wake") {
        if (partner[i] ~ /^[A-H]$/)
            line("wire", client_x(partner[i]), y, KERNEL, y)
        else if ((j = waking(i)))
            line("wire", KERNEL, row[j], KERNEL, y)
        line("wake", KERNEL, y, x - 6, y, "wake-tip")
        write("left", x + 12, y, text[i] ": " (partner[i] ? "woken by " name_of(partner[i]) : "returns"))
    } else {
        line("call", x, y, KERNEL + 27, y, "tip")
        if (partner[i] && text[i] ~ /^(write|send)/)
            line("wire", KERNEL - 25, y, client_x(partner[i]) + 4, y, "wire-tip")
        write("left", x + 12, y, text[i] (times[i] > 1 ? ", " times[i] " times" : ""))
    }
}

# A lane is a bar while its task is awake, and a thin line while it sleeps.
function lane(n, top, bottom,    i, x, awake) {
    x = task_x(n)
    line("asleep", x, top, x, bottom)
    awake = n in sleeps ? 0 : top
    for (i = 1; i <= steps; i++)
        if (task[i] == n && what[i] == "wake")
            awake = row[i]
        else if (task[i] == n && what[i] == "sleep" && awake) {
            line("awake", x, awake, x, row[i])
            awake = 0
        }
    if (awake)
        line("awake", x, awake, x, bottom)
}

# The sentences below, broken into lines.
function say(s, y,    word, n, i, out) {
    n = split(s, word, " ")
    for (i = 1; i <= n; i++) {
        if (length(out word[i]) > wide / 6.7) {
            write("left soft", 20, y, out)
            y += 18
            out = ""
        }
        out = out word[i] " "
    }
    write("left soft", 20, y, out)
    return y + 18
}

function counted(    calls, woken, out, i) {
    for (i = 1; i <= steps; i++)
        if (what[i] == "call" || what[i] == "sleep")
            calls += times[i]
        else if (what[i] == "wake" && partner[i] != "")
            out = out (woken++ ? ", " : ": ") name_of(partner[i]) " wakes " name_of(task[i])
    print model "," calls "," tasks "," woken + 0 >> counts
    return calls " system calls in " tasks " " (tasks == 1 ? kind[number[1]] : kind[number[1]] == "thread" ? "threads" : "processes") ", " \
        woken + 0 " wake-up" (woken == 1 ? "" : "s") out "."
}

END {
    column = (WIDE - FIRST - 10) / tasks
    if (column < 178)
        column = 178
    wide = FIRST + 10 + tasks * column
    top = 88
    first = top + 3 * ROW
    for (i = 1; i <= steps; i++)
        row[i] = first + i * ROW
    bottom = first + (steps + 1) * ROW

    drawn = ""
    write("left title", 20, 26, model ": A says hello" (heard > 1 ? ", and A and B hear it" : \
        ", and hears it; nobody serves B yet"))
    heads(56)
    line("client", client_x("A"), top, client_x("A"), bottom + ROW)
    line("client", client_x("B"), top, client_x("B"), bottom + ROW)
    drawn = drawn sprintf("<rect class=\"kernel\" x=\"%d\" y=\"%d\" width=\"50\" height=\"%d\" rx=\"6\"/>\n",
        KERNEL - 25, top, bottom + ROW - top)
    for (n in place)
        lane(n, top, bottom + ROW)
    write("time", TIME, top + ROW / 2, "before")
    pills("past", "JOIN", joined, top + ROW / 2)
    for (n in place)
        for (i = 1; i <= length(serves[n]); i++)
            if (last[n, substr(serves[n], i, 1)] == "READ")
                reading[n] = reading[n] substr(serves[n], i, 1)
    pills("pill", "READ", reading, top + 3 * ROW / 2)
    for (n in place)
        if (n in sleeps)
            write("left soft", task_x(n) + 12, top + 5 * ROW / 2, sleeps[n] ": sleeps")
    for (i = 1; i <= steps; i++)
        step(i, row[i])
    write("time", TIME, bottom + ROW / 2, "after")
    pills("past", "CLOSE", closed, bottom + ROW / 2)
    y = say(counted(), bottom + 2 * ROW)
    y = say("A box is what the core asks the model; a dot is a frame laid down for a client, which needs " \
        "no system call. Where its lane is thick a task is awake; tasks that sleep all the while are " \
        "not shown. Time runs downwards, not to scale, and strace makes each call many times slower: " \
        "count the calls rather than the µs.", y + 6)

    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" " \
        "role=\"img\">\n<title>%s: the way of one message</title>\n", wide, y, wide, y, model
    print "<style>"
    print "svg { --paper: #ffffff; --ink: #1d2129; --soft: #5a6372; --line: #b9c0cb; --kernel: #eceff3;"
    print "  --ask: #dcebfb; --edge: #0b5cad; --awake: #0b5cad; --wake: #b45309; }"
    print "@media (prefers-color-scheme: dark) { svg { --paper: #14171c; --ink: #e4e7ec; --soft: #9aa4b2;"
    print "  --line: #4a5361; --kernel: #242a33; --ask: #1d3a58; --edge: #7db8f5; --awake: #5c9fe0; --wake: #f0a95b; } }"
    print "text { font: 12px 'DejaVu Sans', Verdana, sans-serif; fill: var(--ink); text-anchor: middle;"
    print "  paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }"
    print "text.want { font-size: 11px; stroke: none; } text.left { text-anchor: start; }"
    print "text.soft, text.under, text.time { fill: var(--soft); } text.time { text-anchor: end; font-size: 11px; }"
    print "text.head { font-weight: bold; } text.title { font-size: 16px; font-weight: bold; }"
    print ".paper { fill: var(--paper); } .kernel { fill: var(--kernel); }"
    print ".pill { fill: var(--ask); stroke: var(--edge); } .past { fill: none; stroke: var(--line); }"
    print ".push { fill: var(--edge); } line { stroke: var(--line); stroke-width: 1.3; }"
    print ".client { stroke-dasharray: none; } .asleep { stroke-dasharray: 2 4; }"
    print ".awake { stroke: var(--awake); stroke-width: 6; stroke-linecap: round; }"
    print ".call { stroke: var(--soft); } .wake { stroke: var(--wake); stroke-width: 2; }"
    print ".wire { stroke: var(--wake); stroke-dasharray: 3 3; }"
    print "#tip path { fill: var(--soft); } #wake-tip path, #wire-tip path { fill: var(--wake); }"
    print "</style>\n<defs>"
    split("tip wake-tip wire-tip", tips, " ")
    for (i = 1; i <= 3; i++)
        printf "<marker id=\"%s\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" " \
            "markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker>\n", tips[i]
    printf "</defs>\n<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n%s</svg>\n", wide, y, drawn
}
