# draw.awk - draws the steps that steps.awk found, as SVG.
#
#   mawk -F '\t' -v model=thread -v style=drawing.css -v counts=FILE -f draw.awk FILE
#
# Adds to the file of counts: model,system calls,tasks,wake-ups.
#
# Time runs downwards, a row for each step, so nothing can overlap. From left to right:
# the time, the clients, the kernel, and each task's lane, with its texts on the right.

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
    drawn = drawn sprintf("<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"",
        class, x1, y1, x2, y2) (end ? " marker-end=\"url(#" end ")\"" : "") "/>\n"
}

function write(class, x, y, s) {
    gsub(/&/, "\\&amp;", s)
    gsub(/</, "\\&lt;", s)
    drawn = drawn sprintf("<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y + 4) \
        s "</text>\n"
}

function box(class, x, y, w, h, round) {
    drawn = drawn sprintf("<rect class=\"%s\" x=\"%d\" y=\"%d\"", class, x, y)
    drawn = drawn sprintf(" width=\"%d\" height=\"%d\" rx=\"%d\"/>\n", w, h, round)
}

# What the core asks, in a rounded box. Returns how wide it is.
function pill(class, x, y, s,    w) {
    w = 7 * length(s) + 14
    box(class, x, y - 9, w, 18, 9)
    write("want", x + w / 2, y, s)
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
        box("push", x + 12, y - 5, 10, 10, 5)
        write("left soft", x + 28, y, "pushed to " partner[i])
    } else if (what[i] == "order" || what[i] == "done") {
        box("push", x + 12, y - 5, 10, 10, 1)
        write("left soft", x + 28, y, partner[i] \
            (what[i] == "order" ? ": to be done: " : ": done: ") text[i])
    } else if (what[i] == "sleep") {
        line("call", x, y, KERNEL + 27, y, "tip")
        write("left soft", x + 12, y, text[i] ": sleeps")
    } else if (what[i] == "wake") {
        if (partner[i] ~ /^[A-H]$/)
            line("wire", client_x(partner[i]), y, KERNEL, y)
        else if ((j = waking(i)))
            line("wire", KERNEL, row[j], KERNEL, y)
        line("wake", KERNEL, y, x - 6, y, "wake-tip")
        write("left", x + 12, y,
            text[i] ": " (partner[i] ? "woken by " name_of(partner[i]) : "returns"))
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
            out = out (woken++ ? ", " : ": ") name_of(partner[i]) " wakes " \
                name_of(task[i])
    print model "," calls "," tasks "," woken + 0 >> counts
    return calls " system calls in " tasks " " many(tasks, kind[number[1]]) ", " \
        woken + 0 " " many(woken, "wake-up") out "."
}

function many(n, word) {
    return n == 1 ? word : word (word ~ /s$/ ? "es" : "s")
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
    write("left title", 20, 26, model ": A says hello" (heard > 1 ? \
        ", and A and B hear it" : ", and hears it; nobody serves B yet"))
    heads(56)
    line("client", client_x("A"), top, client_x("A"), bottom + ROW)
    line("client", client_x("B"), top, client_x("B"), bottom + ROW)
    box("kernel", KERNEL - 25, top, 50, bottom + ROW - top, 6)
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
    y = say("A box is what the core asks the model; a dot is a frame laid down for a " \
        "client, which needs no system call. Where its lane is thick a task is awake; " \
        "tasks that sleep all the while are not shown. Time runs downwards, not to " \
        "scale, and strace makes each call many times slower: count the calls rather " \
        "than the µs.", y + 6)

    print "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\""
    printf "  viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n", wide, y, wide, y
    print "<title>" model ": the way of one message</title>\n<style>"
    while ((getline css < style) > 0)
        print css
    print "</style>\n<defs>"
    split("tip wake-tip wire-tip", tips, " ")
    for (i = 1; i <= 3; i++) {
        printf "<marker id=\"%s\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\"" \
            " orient=\"auto\"", tips[i]
        print " markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\">"
        print "<path d=\"M0 0L8 4L0 8z\"/></marker>"
    }
    print "</defs>"
    print "<rect class=\"paper\" width=\"" wide "\" height=\"" y "\"/>"
    print drawn "</svg>"
}
