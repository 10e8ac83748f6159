# waits.awk - which bystander came while which job ran, and how long it waited. Leaves
# these samples: "job KIND", a job's time in ms; "all MODEL KIND", a bystander's wait in
# ms; and, of each run and its longest wait, "ms MODEL KIND" and "share MODEL KIND", the
# same in parts of the job's time. data/waited.dat is for the chart. judge.awk sets
# kind[].

BEGIN { print "model,kind,since,waited,odd" > (out "/data/waited.dat") }

file == "jobs.csv" {
    id = $1 SUBSEP $2 SUBSEP $3
    begun[id] = field("begun_ns")
    took[id] = (field("done_ns") - begun[id]) / 1e6
    odd[id] = field("invalid") ~ /foreign/
    add("job " $3, took[id])
}

# The bystanders from a quarter of the job before it until a fifth after.
file == "bystanders.csv" {
    waited = (field("answered_ns") - field("due_ns")) / 1e6
    for (k = 1; k <= kinds; k++) {
        id = $1 SUBSEP $2 SUBSEP kind[k]
        since = (field("due_ns") - begun[id]) / 1e6
        if (!(id in took) || since < -0.25 * took[id] || since > 1.2 * took[id])
            continue
        printf "%s,%s,%.4f,%.4f,%d\n", $2, kind[k], since / took[id], waited / took[id],
            odd[id] > (out "/data/waited.dat")
        add("all " $2 " " kind[k], waited)
        if (since >= 0 && since < took[id])
            worst[id] = waited > worst[id] ? waited : worst[id]
    }
}

# A run in which nobody came, since a crowded machine had no time for bystanders, says
# nothing of how long they wait.
END {
    for (id in took) {
        if (!(id in worst))
            continue
        split(id, part, SUBSEP)
        add("ms " part[2] " " part[3], worst[id] + 0, odd[id], part[1])
        add("share " part[2] " " part[3], worst[id] / took[id], odd[id], part[1])
    }
}
