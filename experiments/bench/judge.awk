# judge.awk - bench: what the protocol and the models cost beside bare sockets.
#
# Measured: messages a second and CPU time of a message, as ratios to a bare TCP echo
#   beside it; deliveries a CPU-second, beside bare send(2); KiB of a silent client.
# Goals, from what the parts cost: a message's WebSocket is some hundred nanoseconds
#   beside two system calls, so epoll keeps 0.9 of the bare echo's rate, or 0.7 with
#   16 KiB to unmask and check; a coroutine switch costs less than a system call, so
#   coroutine keeps 0.9 of epoll's; a loop that writes once for many messages delivers
#   ten times what one send(2) each allows; a silent client is a struct, or a struct and a
#   page of stack.
# Missed if the whole interval is on the other side of the goal. They are no theories, and
#   so have no rivals.
#
# What the bare echo carries is the client's ceiling: a model that comes near is not
# ranked, for it may be the client that was measured.

BEGIN { near = 0.9 }

function at_ceiling(s, m) { return middle_of("rate " s " bare " m) >= near }

# A goal: at least, or below, if that is said, so much. It is undecided if every block was
# disturbed, or if it ranks models that are not to be ranked.
function goal(key, text, wanted, below, unranked) {
    if (median_of(key) == "") {
        say("not measured", "", text)
        return
    }
    if (unranked)
        v[key, "spoilt"] = 1
    verdict("goal", "", v, key, wanted, below ? "" : wanted, below ? wanted : "",
        sprintf("%s: %s %g, measured %s%s", text, below ? "below" : "at least", wanted,
            three(v[key, "mid"]), unranked ? ", both at the client\047s ceiling" : ""))
}

# Coroutine's rate beside epoll's.
function goal_beside_epoll(s, text, wanted) {
    goal("rate " s " epoll coroutine", text, wanted, "",
        at_ceiling(s, "coroutine") && at_ceiling(s, "epoll"))
}

END {
    tell_tables()
    if (spoils)
        printf "\n%d echo runs were disturbed: neither server nor client had its core" \
            " for %.0f %% of the time. They are drawn hollow, and count only where" \
            " there is no other.\n", spoils, busy * 100 > table_md

    goal("rate echo64 bare epoll", "epoll's 64-byte messages/s ÷ the bare echo's", 0.9)
    goal("rate echo16k bare epoll", "epoll's 16 KiB messages/s ÷ the bare echo's", 0.7)
    goal_beside_epoll("echo64", "coroutine's 64-byte messages/s ÷ epoll's", 0.9)
    goal_beside_epoll("echo16k", "coroutine's 16 KiB messages/s ÷ epoll's", 0.9)
    goal("cost crowd bare epoll", "epoll's CPU per message ÷ the bare echo's," \
        " 1000 connections", 1.0, "below")
    goal("cost sixteen bare epoll", "the same, sixteen in a write", 1.1, "below")
    goal("cost binary16k bare epoll", "the same, 16 KiB binary", 1.08, "below")
    goal("cost echo16k bare epoll", "the same, 16 KiB text", 1.12, "below")
    goal("cost crowd epoll coroutine", "coroutine's CPU per message ÷ epoll's," \
        " 1000 connections", 1.15, "below")
    split("select epoll coroutine", loops, " ")
    for (i = 1; i <= 3; i++)
        goal("times " loops[i], loops[i] "'s deliveries ÷ one send(2) each", 10)
    goal("idle epoll", "KiB a silent client in epoll", 1.5, "below")
    goal("idle coroutine", "KiB a silent client in coroutine", 8, "below")

    draw()
    find()
}
