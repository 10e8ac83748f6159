# judge.awk - faults: who survives what happens to somebody else.
#
# Measured: two clients talk in a room when a fault strikes another client or its process;
#   whether they are cut off or lose a message, and whether a newcomer is served then. The
#   worst of the repetitions counts.
# Theory: what a client or its line does, nobody else notices; what a process does, all
#   notice that live in it. A newcomer is served if a seat is left.
# Rival: the opposite.
# Refuted by a single repetition that does otherwise.

BEGIN {
    faults = split("reset half crowd kill crash", fault, " ")
    title["reset"] = "reset"
    title["half"] = "half a request"
    title["crowd"] = "crowd"
    title["kill"] = "killed worker"
    title["crash"] = "crash in a job"
    missing_keys = 2
}

file == "seats.csv" { seats[$1] = $2; others = $3 }
file == "missing.csv" { missed[$1, $2]++ }

# What is predicted of a model and a fault: sets survive, welcome, and dies, the server.
# Where no seat was left for the client with the job, it gets one when the two have gone.
function predict(m, f) {
    dies = f == "crash" && processes[m, f] == 1 && looked[m, f]
    survive = f != "crash" || processes[m, f] > 1 || seats[m] <= witnesses[m, f]
    welcome = f == "half" ? seats[m] > others : f == "crash" ? processes[m, f] > 1 : 1
}

# Judged is what the two heard, or how many were cut off; if anything else was not as
# predicted, that, too, is not.
function judge(m, f,    k, good, seen, y) {
    k = m SUBSEP f
    predict(m, f)
    good = (survive ? unhurt(k) : least_cut[k] == witnesses[k]) && \
        served[k] == (welcome ? runs[k] : 0) && dead[k] == (dies ? runs[k] : 0)
    y = survive ? due[k] : witnesses[k]
    seen = survive ? due[k] - lost[k] : least_cut[k]
    single(good ? seen : -1, v, k)
    v[k, "mid"] = seen
    against(survive ? "all cut off" : "untouched", 0)
    verdict(f, m, v, k, y, y, y, sprintf("%-15s predicted %s, %snewcomer %s; seen: %s",
        title[f], !survive ? "all cut off" : dies ? "untouched until they left" : \
        "untouched", dies ? "server dead, " : "", welcome ? "served" : "not served",
        seen_of(k)))
}

# Judges a cell, tells the chart how it is coloured, with two lines of text as long as
# fit, and returns the table's text.
function report(i, j,    m, f, k, state) {
    m = model[i]
    f = fault[j]
    k = m SUBSEP f
    if (!runs[k]) {
        say("not measured", m, sprintf("%-15s %s", title[f], why[k]))
        cell(i, j, "none", "skipped", substr(why[k], 1, 25))
        return " skipped: " why[k] " |"
    }
    judge(m, f)
    state = !unhurt(k) || dead[k] ? "hurt" : served[k] < runs[k] ? "shut" : "well"
    cell(i, j, state, dead[k] && unhurt(k) ? "they had left" : noticed(k),
        dead[k] ? "server dead" : newcomer(k))
    printf "%s,%s,%d,%d,%d,%d,%d,%d\n", m, f, lost[k], cut[k], due[k], served[k],
        runs[k], dead[k] > table_csv
    met[m]++
    well[m] += unhurt(k) && served[k] == runs[k]
    if (f != "crash") {
        tried++
        calm += unhurt(k)
    } else if (unhurt(k) && served[k] == runs[k])
        alive = also(alive, m)
    return " " seen_of(k) " |"
}

function cell(i, j, state, above, below) {
    print i "," j "," state "," above "," below > (data "cells.csv")
}

END {
    print "row,column,state,above,below" > (data "cells.csv")
    print "model,fault,measured,cut,due,served,runs,dead" > table_csv
    bar("label", "faults after which all went on as before, % of those it met")
    row = "| |"
    for (j = 1; j <= faults; j++)
        row = row " " title[fault[j]] " |"
    head(row)
    for (i = 1; i <= models; i++) {
        m = model[i]
        row = ""
        for (j = 1; j <= faults; j++)
            row = row report(i, j)
        printf "| **%s** |%s\n", m, row > table_md
        bar(m, met[m] ? int(100 * well[m] / met[m] + 0.5) : "")
    }
    print "\nThe worst of the repetitions." > table_md
    for (k in missed)
        if (runs[k]) {
            split(k, id, SUBSEP)
            printf "\n%s, %s: left out %d times: %s\n", id[1], title[id[2]], missed[k],
                why[k] > table_md
        }
    if (!tried)
        print "Nothing could be measured" > finding_txt
    else
        printf "A crash in somebody\047s job is survived by: %s\nA reset, half a" \
            " request, a crowd, a killed worker: nobody else noticed in %d of %d cells\n",
            alive == "" ? "none" : few(alive), calm, tried > finding_txt
}
