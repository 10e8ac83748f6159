# parts.awk - takes a model apart: each line of it, after its part's name and a tab.
#
# The parts are what a reader compares: the claim, the includes, struct conn, each
# function by its name, and of the one that holds the switch each of the six cases. Every
# line but the blank ones between parts is in one. A comment belongs to what follows it.

function give(part) {
    for (i = 1; i <= lines; i++)
        print part "\t" line[i]
    lines = 0
    kind = ""
}

# The switch's function, be it serve() or run(): the cases are parts by themselves.
function give_switch(    part, i) {
    part = "serve(), run()"
    for (i = 1; i <= lines; i++) {
        if (match(line[i], /^ *case (READ|JOIN|WORK|RELAY|WRITE|CLOSE):/)) {
            part = line[i]
            gsub(/^ *case |:.*/, "", part)
        }
        print part "\t" line[i]
    }
    lines = holds_switch = 0
    kind = ""
}

function name_of(head) {
    sub(/\(.*/, "", head)
    sub(/.*[ *]/, "", head)
    return head "()"
}

# What was gathered is complete; comments alone wait for what they are about.
function finish() {
    if (!lines || (kind == "" && NR > claim))
        return
    give(kind == "" ? "the claim" : kind)
}

{ sub(/[ \t\r]+$/, "") }

/^$/ && !inside && !comment {
    finish()
    next
}

/^#include/ && kind == "" {
    finish()
    kind = "includes"
}

{ line[++lines] = $0 }

# Inside a comment nothing is code.
comment || /^\/\*/ {
    comment = !/\*\//
    if (!claim && !comment) {
        claim = NR
        finish()
    }
    next
}

kind == "" && /^enum/ { kind = "constants" }
kind == "" && /^struct [a-z_]+ \{/ { kind = $1 " " $2 }
kind == "" && /^[A-Za-z_][^=;]*\(/ && !/;$/ { kind = name_of($0) }
kind == "" && /^[A-Za-z_]/ { kind = "what all share" }

/^[^ ].*\{$|^\{$/ { inside = 1 }
/peer_next\(/ && inside { holds_switch = 1 }

/^}/ || (/^[A-Za-z_].*\{.*}$/ && !inside) {
    inside = 0
    if (holds_switch)
        give_switch()
    finish()
}

END { finish() }
