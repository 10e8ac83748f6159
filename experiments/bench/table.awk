# table.awk - the tables, the chart's rows and the finding of the bench.

function tell_tables() {
    echo_table("echo64", "64 connections echo 64 bytes")
    echo_table("echo16k", "64 connections echo 16 KiB of text")
    cost_table()
    room_table()
    idle_table()
}

function beside_one(key) {
    return shown(key, "%.2f") (median_of(key) != "" && count[key] > 1 && \
        v[key, "low"] <= 1 && v[key, "high"] >= 1 ? ", indistinguishable" : "")
}

function rate_shown(s, m) {
    return at_ceiling(s, m) ? shown("rate " s " bare " m, "%.2f") ", the client\047s" \
        " ceiling" : beside_one("rate " s " bare " m)
}

function echo_table(s, title,    i, m) {
    printf "**%s**\n\n", title > table_md
    head("| | messages/s ÷ bare echo | CPU µs per message | ÷ bare echo | client busy |")
    printf "| bare echo | 1 | %s | 1 | %s |\n", shown("us " s " bare", "%.1f"),
        shown("client " s " bare", "%.2f") > table_md
    for (i = 1; i <= models; i++) {
        m = model[i]
        if ((s, m) in why)
            printf "| **%s** | skipped: %s | | | |\n", m, why[s, m] > table_md
        else
            printf "| **%s** | %s | %s | %s | %s |\n", m, rate_shown(s, m),
                shown("us " s " " m, "%.1f"), beside_one("cost " s " bare " m),
                shown("client " s " " m, "%.2f") > table_md
    }
    print "" > table_md
}

# CPU time per message beside the bare echo's, where a user-space part shows most.
function cost_table(    i, k, m, row) {
    printf "**CPU time per message ÷ the bare echo\047s**, in models that serve a crowd" \
        " by one thread\n\n" > table_md
    head("| | 64 bytes | 1000 connections × 64 bytes | sixteen in a write" \
        " | 16 KiB binary | 16 KiB text |")
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (!count["cost sixteen bare " m] && !count["cost crowd bare " m])
            continue
        row = ""
        for (k = 1; k <= scenarios; k++)
            row = row sprintf(" %s |", (scenario[k], m) in why ? \
                "skipped: " why[scenario[k], m] : \
                beside_one("cost " scenario[k] " bare " m))
        printf "| **%s** |%s\n", m, row > table_md
    }
    print "" > table_md
}

function room_table(    i, m) {
    printf "**20 rooms of 50, bursts of 64 messages from one member of each**; one" \
        " send(2) a delivery would allow %.2f million a CPU-second\n\n",
        middle_of("sends") / 1e6 > table_md
    head("| | deliveries a CPU-second, million | × one send each |")
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (("fanout", m) in why)
            printf "| **%s** | skipped: %s | |\n", m, why["fanout", m] > table_md
        else if (count["deliveries " m])
            printf "| **%s** | %.2f | %s |\n", m, middle_of("deliveries " m) / 1e6,
                shown("times " m, "%.1f") > table_md
    }
    print "" > table_md
}

function idle_table(    i, m) {
    print "**Silent clients**: memory of the server's processes (Pss) per connection," \
        " and what the kernel holds for it: the server's socket, a task's stack and" \
        " page tables\n" > table_md
    head("| | connections | KiB each | the kernel's, KiB each |")
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (("idle", m) in why)
            printf "| **%s** | skipped: %s | | |\n", m, why["idle", m] > table_md
        else
            printf "| **%s** | %d | %s | %s |\n", m, held_open[m],
                shown("idle " m, "%.2f"), shown("kernel " m, "%.1f") > table_md
    }
}

# ---- the chart ----

function record(what, who, key, scale,    k, each) {
    each = "each " key
    if (!count[key])
        return
    printf "%s,%s,%.6g\n", what, who, middle_of(key) * scale > (data "bars.csv")
    for (k = 1; k <= count[each]; k++)
        printf "%s,%s,%.6g,%d\n", what, who, sample[each, k] * scale, bad[each, k] \
            > (data "dots.csv")
}

function draw(    i, m) {
    print "panel,contender,value" > (data "bars.csv")
    print "panel,contender,value,odd" > (data "dots.csv")
    bar("label", "CPU of an echo of 64 bytes, µs")
    for (i = 0; i <= models; i++) {
        m = i ? model[i] : "bare"
        record("rate64", m, "rate echo64 bare " m, 1)
        record("cost64", m, "us echo64 " m, 1)
        record("rate16k", m, "rate echo16k bare " m, 1)
        record("cost16k", m, "us echo16k " m, 1)
        record("fanout", m, "deliveries " m, 1e-6)
        record("idle", m, "idle " m, 1)
        record("kernel", m, "kernel " m, 1)
        bar(i ? m : "bare sockets", middle_of("us echo64 " m))
    }
    record("sends", "send", "sends", 1e-6)
}

# ---- the finding ----

# The model with the largest of all, of those that count.
function largest(what,    i, x, best, most) {
    for (i = 1; i <= models; i++) {
        x = middle_of(what " " model[i])
        if (x != "" && fair[what " " model[i]] && (best == "" || x > most)) {
            best = model[i]
            most = x
        }
    }
    return best
}

function find(    i, best, nearest) {
    for (i = 1; i <= models; i++)
        if (fair["rate echo64 bare " model[i]] && at_ceiling("echo64", model[i]))
            nearest = also(nearest, model[i])
    best = largest("rate echo64 bare")
    if (best == "")
        print "Echo: no block was undisturbed" > finding_txt
    else if (nearest)
        printf "Echo: %s come within %.0f %% of what the client can send\n",
            few(nearest), 100 * (1 - near) > finding_txt
    else
        printf "Echo: %s carries %.2f of the bare sockets\047 messages a second\n", best,
            middle_of("rate echo64 bare " best) > finding_txt
    best = largest("times")
    if (best != "")
        printf "Fan-out: %s delivers %.0f times as often as one send(2) each would" \
            " allow\n", best, middle_of("times " best) > finding_txt
}
