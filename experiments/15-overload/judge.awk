# judge.awk - overload: what is left of a server that is asked for more than it can do.
#
# Measured: the answers in time (goodput) of the last second of a run, as part of the
#   capacity k / S that a query alone promises; or, after a stall, of what is asked for.
# Theory: without a bound the queue grows until everybody in it waits for longer than the
#   users' patience, and then nobody is served in time. A bound keeps the wait below it.
#   If those who give up ask again, and all of these attempts are more than the capacity,
#   a stall is enough, and it never ends.
# Rivals: of the unbounded queue, that the server serves as many as it can; of the bounds,
#   that it is as without.
# Refuted if the interval shows more than a tenth where nobody should be served in time,
#   or is off by over a fifth where all should.

BEGIN {
    kinds = split("none,queue,wait,storm,storm_queue,storm_once", kind, ",")
    little = 0.1                # nobody, but for a few
    off = 0.2
    late = 0.2                  # of the patience: by then the client was late itself
}

file == "alone.csv" {
    add("alone " field("model"), field("service_ns"), 0, field("repetition"))
    capacity[field("model"), field("repetition")] = \
        machine["lines"] * 1e9 / field("service_ns")
}

# That answers fall behind is what is asked for here. What client and machine did is not;
# but if the database waits and the client is in time, others at work disturb nobody.
file == "runs.csv" {
    id = field("model") SUBSEP field("case") SUBSEP field("repetition")
    broken = field("invalid")
    gsub("rate", "", broken)
    if (field("lag_ns") != "" && field("lag_ns") / 1e6 < late * machine["patience"])
        gsub(machine["source"] == "SQLite" ? "lag" : "lag|foreign(_steal|_wait)?", "",
            broken)
    odd[id] = broken ~ /[a-z]/
    spoilt += odd[id]
    runs++
    rate[id] = field("rate")
    key = field("case") " " field("model")
    add("gave up " key, field("gave_up"), odd[id])
    add("refused " key, field("refused"), odd[id])
    add("retried " key, field("retried"), odd[id])
}

function is_storm(c) { return c ~ /^storm/ }
function seconds_of(c) { return is_storm(c) ? machine["longer"] : machine["long"] }

# The last second is judged: by then a bounded queue has long forgotten the stall, and an
# unbounded one had its time.
file == "seconds.csv" {
    m = field("model")
    c = field("case")
    r = field("repetition")
    id = m SUBSEP c SUBSEP r
    if (!((m, r) in capacity) || field("second") >= seconds_of(c))
        next
    add("second " field("second") " " c " " m, field("goodput") / capacity[m, r],
        odd[id], r)
    if (field("second") == seconds_of(c) - 1)
        add("good " c " " m, field("goodput") / (is_storm(c) ? rate[id] : \
            capacity[m, r]), odd[id], r)
}

function title(c) {
    return c == "none" ? "no bound" : c == "queue" ? "a queue of " machine["queue"] : \
        c == "wait" ? "a wait of " machine["wait"] " ms at most" : \
        c == "storm" ? "no bound, " machine["tries"] " retries" : \
        c == "storm_queue" ? "a queue of " machine["queue"] ", " machine["tries"] \
        " retries" : "no bound, no retries"
}

function of_what(c) { return is_storm(c) ? "what is asked for" : "the capacity" }

function is_dead(c) { return c == "none" || c == "storm" }

function judge(m, c,    key, text) {
    key = "good " c " " m
    if (median_of(key) == "") {
        say("not measured", m, title(c) (why[m] == "" ? "" : ": " why[m]))
        return
    }
    text = sprintf("%s: in the last second %s of %s in time, predicted ", title(c),
        three(v[key, "mid"]), of_what(c))
    if (is_dead(c)) {
        against("all that it can do, 1", 1)
        verdict(c, m, v, key, little, "", little, text "below " three(little))
    } else {
        against("as without a bound, 0", 0)
        verdict(c, m, v, key, 1, 1 - off, 1 + off, text "1")
    }
}

function judge_all(m,    i) {
    if (!count["good none " m] && !count["good storm " m]) {
        skip(m, why[m] == "" ? "no run went well" : why[m])
        return
    }
    for (i = 1; i <= kinds; i++)
        if (kind[i] != "storm_once" || count["good storm_once " m])
            judge(m, kind[i])
    report(m)
}

END {
    begin_tables()
    for (i = 1; i <= models; i++)
        judge_all(model[i])
    end_tables()
    print tally("predictions") > verdicts_txt
    find()
}
