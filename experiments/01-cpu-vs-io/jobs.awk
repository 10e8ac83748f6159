# jobs.awk - what ten jobs at once took, in the time of one. Leaves, of a kind, cpu or
# wait, and a model, the samples "KIND MODEL", and "one KIND", what a lone job takes in
# ns; "await MODEL", what an await costs; theory[], formula[] and crew[] of a model.
# judged.csv is for the chart.

BEGIN {
    disturbed["cpu"] = 0.10     # of the machine was somebody else's: not fair to a
    disturbed["wait"] = 0.50    # computation, and half of it not even to a wait
    unsteady = 0.30             # is the longest lone job over the shortest, less one
    print "repetition,model,kind,one_ns,ratio,disturbed" > (out "/judged.csv")
}

file == "predictions.csv" {
    if (!known[$1]++)
        model[++models] = $1
    crew[$1] = field("workers")
    theory[$1, $2] = $NF
    formula[$1, $2] = $0        # it has commas, and so stands in quotes
    gsub(/^[^"]*"|"[^"]*$/, "", formula[$1, $2])
}

file == "await.csv" { add("await " $2, field("await_ns") / field("cpu_ns")) }

# A run is no fair one if others had the machine during the ten, or if the lone jobs
# around it, the unit of it all, took now long and now short. What the model itself wastes
# is never an excuse.
file == "runs.csv" {
    kind = field("kind")
    n = field("n")
    one = field("one_ns")
    spec[kind] = field("spec")
    odd = field("others") > disturbed[kind] || field("spread") > unsteady
    add("one " kind, one)
    add(kind " " $2, field("total_ns") / one, odd, $1)
    printf "%s,%s,%s,%s,%.4f,%d\n", $1, $2, kind, one, field("total_ns") / one,
        odd > (out "/judged.csv")
    noted += odd
    runs++
}
