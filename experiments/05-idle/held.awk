# held.awk - what a server held for its silent clients. The sizes of a model are numbered
# from the smallest; of each it leaves
#   wanted[MODEL, k], n[MODEL, k]        clients asked for, and the fewest that came
#   tasks[], processes[], open[]         threads and processes, processes, descriptors
# and these samples:
#   pss k MODEL       the processes' memory, KiB
#   kernel k MODEL    the kernel's, KiB a client; disturbed[MODEL, k] if others changed it
#   each MODEL        the processes', KiB a client, from the smallest to the largest size
# sizes[MODEL] is how many sizes there are: that of the largest.

file == "predictions.csv" { expected[$1, $2] = field("tasks") }
file == "walls.csv" { wall[$1] = field("descriptors") }
file == "limits.csv" { why[$1] = substr($0, length($1) + 2) }

file == "runs.csv" {
    m = field("model")
    clients = field("connections")
    if (!((m, $2) in number)) {
        number[m, $2] = ++sizes[m]
        wanted[m, sizes[m]] = field("wanted")
    }
    k = number[m, $2]
    if (!((m, k) in n) || clients < n[m, k])
        n[m, k] = clients
    tasks[m, k] = field("tasks")
    processes[m, k] = field("processes")
    open[m, k] = field("descriptors")
    add("pss " k " " m, field("pss_kib"))
    kib = in_kernel(field("kernel_before"), field("kernel"), field("kernel_after"),
        clients, machine["end"])
    add("kernel " k " " m, kib)
    if (kib == "")
        disturbed[m, k] = field("kernel") != "" && clients >= 100
}

END {
    for (m in sizes) {
        k = sizes[m]
        if (k < 2 || n[m, k] <= n[m, 1])
            continue
        for (i = 1; i <= count["pss " k " " m] && i <= count["pss 1 " m]; i++)
            add("each " m, (sample["pss " k " " m, i] - sample["pss 1 " m, i]) / \
                (n[m, k] - n[m, 1]))
    }
}

# How many clients that many descriptors are enough for, by a line through the two
# smallest sizes. Sets own, the server's, and of_each, a client's.
function clients_for(m, descriptors) {
    of_each = (open[m, 2] - open[m, 1]) / (n[m, 2] - n[m, 1])
    own = open[m, 1] - of_each * n[m, 1]
    return int((descriptors - own) / of_each)
}

# The rows of the chart.
function draw_sizes(m,    k, kernel) {
    for (k = 1; k <= sizes[m]; k++) {
        if (n[m, k] < 1)
            continue
        point(1, m, n[m, k], sprintf("%.4f", middle_of("pss " k " " m) / 1024))
        point(2, m, n[m, k], tasks[m, k])
        point(3, m, n[m, k], open[m, k])
        kernel = median_of("kernel " k " " m)
        if (kernel > 0)
            point(4, m, n[m, k], sprintf("%.4f", kernel * n[m, k] / 1024))
    }
}

# Does each client have a task of its own, and is that a process?
function own_task(m,    k) { k = sizes[m]; return tasks[m, k] > n[m, k] / 2 }
function own_process(m,    k) { k = sizes[m]; return processes[m, k] > n[m, k] / 2 }
