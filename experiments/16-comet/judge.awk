# judge.awk - comet: what a delivery takes without a WebSocket, and what is lost.
#
# Measured: CPU time of the server and bytes on the wire per delivery, and the messages
#   that never came, by each way into a room.
# Theory: an event is a message with its number, which the server copies once more. A poll
#   is a request and an answer with their heads, for as many messages as have come in the
#   meantime; and without a number it loses those.
# Rivals: an event without a number; a poll that costs what an event does; nothing lost.
# Refuted if the interval of a ratio, both of the same block, lies outside of the bounds.
# A run in which an answer brings several messages says nothing of what one costs: it is
#   disturbed.

BEGIN {
    ways = split("socket,events,poll,forgetful", way, ",")
    title["socket"] = "WebSocket"
    title["events"] = "event stream"
    title["poll"] = "long poll"
    title["forgetful"] = "poll without a number"
    split("epoll,thread,fork,naive", colour, ",")
    text_bytes = 64
    event_bytes = 29            # "id: " and 16 digits, "data: ", and three line ends
    item_bytes = 3              # quotes, and a comma or a bracket
    heads["poll"] = 67 + 190 + 2        # request, answer, a bracket and a line end
    heads["forgetful"] = heads["poll"] - 23     # without "&after=" and 16 digits
    crowded = 1.3               # messages to an answer
}

file == "runs.csv" {
    w = field("way")
    r = field("repetition")
    n = field("deliveries")
    k = field("answers") ? n / field("answers") : 1
    odd = k > crowded
    add("us " w, field("cpu_ns") / (1e3 * n), odd, r)
    add("bytes " w, field("bytes") / n, 0, r)
    add("lost " w, field("lost") / (field("messages") * field("readers")), 0, r)
    us[w, r] = field("cpu_ns") / (1e3 * n)
    is_odd[w, r] = odd
    foretold = w == "events" ? text_bytes + event_bytes : \
        text_bytes + item_bytes + heads[w] / k
    add("foretold " w, foretold, 0, r)
    add("of foretold " w, field("bytes") / (n * foretold), 0, r)
    blocks = r > blocks ? r : blocks
}

function judge_bytes(w, rival_name, value,    e) {
    if (median_of("of foretold " w) == "") {
        say("not measured", "", title[w] ": bytes (" why[w] ")")
        return
    }
    e = middle_of("foretold " w)
    against(rival_name ", " three(value), value / e)
    verdict("bytes", "", v, "of foretold " w, 1, 0.95, 1.05,
        sprintf("%s: %s bytes per delivery, predicted %s", title[w],
        three(middle_of("bytes " w)), three(e)))
}

# Between least and most times what the other way takes, in the same block.
function judge_cpu(w, other, least, most, rival_name, value,    r, key) {
    key = w " / " other
    for (r = 1; r <= blocks; r++)
        if ((w, r) in us && (other, r) in us)
            add(key, us[w, r] / us[other, r], is_odd[w, r] || is_odd[other, r], r)
    if (median_of(key) == "") {
        say("not measured", "", title[w] ": CPU time (" why[w] why[other] ")")
        return
    }
    against(rival_name ", " three(value), value)
    as_a_range()
    verdict("cpu", "", v, key, middle_of_range(least, most), least, most,
        sprintf("%s: CPU per delivery %s times that of the %s, predicted %s to %s",
        title[w], three(v[key, "mid"]), title[other], three(least), three(most)))
}

function judge_lost(w, least, most, rival_name, value) {
    if (median_of("lost " w) == "") {
        say("not measured", "", title[w] ": losses (" why[w] ")")
        return
    }
    against(rival_name ", " three(100 * value) " %", value)
    verdict("lost", "", v, "lost " w, least, least, most, sprintf("%s: %s %% are lost," \
        " predicted %s", title[w], three(100 * v["lost " w, "mid"]),
        most == "" ? "at least " three(100 * least) " %" : "none"))
}

function times(w) {
    return middle_of("us socket") > 0 && middle_of("us " w) != "" ? \
        three(middle_of("us " w) / middle_of("us socket")) : "–"
}

function report(w, like) {
    panel_row(title[w], like)
    if (median_of("us " w) == "") {
        printf "| %s | not measured: %s | | |\n", title[w], why[w] > table_md
        panel_bar("us", title[w], "", "not measured")
        bar(title[w])
        return
    }
    median_of("bytes " w)
    median_of("lost " w)
    printf "| %s | %s | %s | %s |\n", title[w], interval("us " w), interval("bytes " w),
        three(100 * middle_of("lost " w)) > table_md
    printf "%s,%.3f,%.1f,%.4f\n", title[w], middle_of("us " w), middle_of("bytes " w),
        100 * middle_of("lost " w) > table_csv
    bar(title[w], sprintf("%.3f", middle_of("us " w)))
    panel_bar("us", title[w], sprintf("%.3f", middle_of("us " w)),
        three(middle_of("us " w)) " µs")
    panel_bar("bytes", title[w], sprintf("%.1f", middle_of("bytes " w)),
        three(middle_of("bytes " w)), w == "socket" ? "" : middle_of("foretold " w))
    panel_bar("lost", title[w], sprintf("%.3f", 100 * middle_of("lost " w)),
        three(100 * middle_of("lost " w)) " %")
    panel_dots("us", title[w], "us " w, "%.3f")
}

END {
    panels_begin()
    panel("us", "CPU time of the server per delivery in µs", "")
    panel("bytes", "bytes on the wire per delivery", "")
    panel("lost", "messages lost in %", "")
    head("| | CPU µs per delivery | bytes per delivery | % lost |")
    print "way,us,bytes,lost" > table_csv
    bar("label", "CPU time of the server per delivery, µs")
    for (i = 1; i <= ways; i++)
        report(way[i], colour[i])
    print "\n" levels() > table_md
    judge_bytes("events", "without its number", text_bytes + 8)
    judge_bytes("poll", "as an event", text_bytes + event_bytes)
    judge_bytes("forgetful", "as an event", text_bytes + event_bytes)
    judge_cpu("events", "socket", 0.7, 1.6, "a request each", 2.5)
    judge_cpu("poll", "events", 1.3, 4, "as an event", 1)
    judge_lost("events", 0, 0, "as without a number", middle_of("lost forgetful"))
    judge_lost("poll", 0, 0, "as without a number", middle_of("lost forgetful"))
    judge_lost("forgetful", 0.001, "", "none", 0)
    print tally("predictions") > verdicts_txt
    printf "A delivery by event stream costs %s times a WebSocket's CPU time, by long" \
        " poll %s times\nIt takes %s and %s bytes for %s; a poll without a number loses" \
        " %s %%\n", times("events"), times("poll"), three(middle_of("bytes events")),
        three(middle_of("bytes poll")), three(middle_of("bytes socket")),
        three(100 * middle_of("lost forgetful")) > finding_txt
}
